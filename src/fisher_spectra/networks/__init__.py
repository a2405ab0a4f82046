"""Random networks of finite size: sampling, forward and backward pass, dual Fisher matrix, Haar measure.

Not here: what the papers predict of them (rooms named after the papers), and their training (`training`).
"""
