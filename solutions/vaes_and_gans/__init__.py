"""Reference answers to Tutorial 6 (VAEs and GANs), one module a part of the sheet."""
