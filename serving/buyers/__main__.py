"""`python -m serving.buyers`: who may sign in to assortments."""

import sys

from serving.buyers.accounts import main

sys.exit(main())
