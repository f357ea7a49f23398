"""What makes records: finding submissions, running each, judging what it answered, keeping it."""
