"""`python -m training.tracking`: says where the command went that once stood here."""

import sys

sys.stderr.write("Kept records of trainings are logged by: python -m training.recommendations.log --work work\n")
sys.exit(2)
