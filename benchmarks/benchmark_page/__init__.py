"""What `make bench` measures and how `docs/benchmarks.md` is made of it.

`catalogue` lists the comparisons; `subjects` prepare what each candidate does; `turns` lets the candidates take
turns, each in a process of its own (`worker`); `rows` keeps every single measurement; `summary`, `curves` and `page`
write the page from these rows alone, without measuring anything.
"""
