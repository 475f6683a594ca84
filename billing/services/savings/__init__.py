"""What an account could save: unused seats, and what fewer seats would cost."""
