from jobs.circle import run

name = "round"
