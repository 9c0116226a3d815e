"""Files in which zizmor finds something by every audit: so it tells what audits it has, because it has no list of them.

A test asks it by its log which of them are missing here.
"""

SETTINGS = b"""\
rules:
  forbidden-uses:
    config:
      deny: [example/denied]
"""

SPECIMENS = {
    ".github/workflows/specimen.yml": b"""\
on: [pull_request_target, release]
env:
  ACTIONS_ALLOW_UNSECURE_COMMANDS: true
jobs:
  build:
    runs-on: self-hosted
    container:
      image: node:latest
      credentials: {username: x, password: x}
    if: |
      ${{ github.actor == 'dependabot[bot]' }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: {cache: npm}
      - uses: ./local
      - uses: action/checkout@v4
      - uses: actions/setup-ruby@v1
      - uses: aquasecurity/setup-trivy@v1
      - uses: softprops/action-gh-release@v2
      - uses: example/denied@v1
      - uses: actions/create-github-app-token@v1
        with: {owner: x, app-id: 1, private-key: "${{ secrets.A }}"}
      - run: echo ${{ github.event.issue.title }}
      - run: echo "x=$(cat y)" >> $GITHUB_ENV
      - run: npm install example
      - run: echo ${{ toJSON(secrets) }} ${{ fromJSON(secrets.A).b }}
      - run: echo
        shell: cmd
      - run: echo
        if: contains('refs/heads/a refs/heads/b', github.ref)
      - run: echo
        env: {A: "${{ github.x && '' || 'b' }}"}
  called:
    uses: ./.github/workflows/other.yml
    secrets: inherit
  publish:
    runs-on: ubuntu-latest
    permissions: write-all
    steps:
      - uses: pypa/gh-action-pypi-publish@release/v1
        with: {password: "${{ secrets.A }}"}
      - uses: actions/checkout/./x/../@v4
""",
    ".github/dependabot.yml": b"""\
version: 2
updates:
  - package-ecosystem: pip
    directory: /
    schedule: {interval: daily}
    insecure-external-code-execution: allow
""",
}
