"""Who does the work: the model port, the agents, their graphs and the scheduler."""
