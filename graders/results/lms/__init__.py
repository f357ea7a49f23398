"""Back to the learning platform: grades into its own file, feedback into a zip that it takes back."""
