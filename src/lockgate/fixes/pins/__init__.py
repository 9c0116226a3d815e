"""The pins that `lockgate fix` writes: one kind a module, which is a `PinFixer`."""
