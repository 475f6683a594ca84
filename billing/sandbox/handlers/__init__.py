"""The handlers of the operations: one module per noun. A handler turns a Call into a Reply and may change its state."""
