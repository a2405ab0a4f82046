"""What every room may use: errors for people, whole files, seeds, progress, memory, tables, YAML, devices.

Nothing here knows a network, a paper or the workflow. `devices` and `gpu_lease` need PyTorch; nothing else does.
"""
