"""What people see: server-rendered pages, and the words on them."""
