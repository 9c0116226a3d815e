"""The formats of software bills of materials: one a module. `lockgate.inputs.lockfiles.sbom` asks them."""
