"""[tool.lockgate], the user's own file and the environment become one typed Settings value."""
