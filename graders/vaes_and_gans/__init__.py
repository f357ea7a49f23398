"""Tests of Tutorial 6 (VAEs and GANs), one otter exception-based test file a part."""
