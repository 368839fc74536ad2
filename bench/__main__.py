"""Run every bench in turn; the exit code is 1 when a goal was missed."""

import asyncio

from bench import texts, turn

if __name__ == "__main__":
    texts.main()
    asyncio.run(turn.main())
