"""Quality: the sample of the yearly assessment, what inspectors found, and the errors."""
