"""Live pictures: one subscription per camera however many watch, the newest frame for each of them."""
