"""The production server, which `bin/serve` starts: granian with listening sockets of its own."""
