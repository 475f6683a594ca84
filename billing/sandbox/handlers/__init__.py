"""What each operation does: a module per noun. A handler gets a Call, whose state it may change, and gives a Reply."""
