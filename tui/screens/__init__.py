"""The screens: one file each, on the frame of `base`."""
