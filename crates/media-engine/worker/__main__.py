"""Started as `python -I <this directory>`: isolated from the host's Python settings."""

from magpie_engine.zygote import main

main()
