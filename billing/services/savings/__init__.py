"""What an account could save: seats that nobody uses, and what fewer seats would cost."""
