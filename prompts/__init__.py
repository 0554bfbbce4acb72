"""What is said to models: one Markdown template a prompt, with typed inputs."""
