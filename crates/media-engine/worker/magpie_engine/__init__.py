"""The Python side of Magpie's download engine.

One warm parent (the zygote) imports yt_dlp once and forks workers; a worker takes one request at a
time from its socket and answers in JSON lines. Everything that decides (limits in time, what a
failure means, which process dies) is on the other side; what lives here is what only yt_dlp knows.
"""
