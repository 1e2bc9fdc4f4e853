"""What people change at run time: settings, and the experiments of a camera."""
