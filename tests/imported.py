"""What the command line imports sooner or later, for the process that the tests fork it from."""

import warnings

with warnings.catch_warnings():  # otter's own imports warn
    warnings.simplefilter("ignore")
    import matplotlib.pyplot  # noqa: F401
    import otter.test_files  # noqa: F401

import graders.answers.numeric
import graders.batch.grading
import graders.batch.runner
import graders.cli
import graders.results.export  # noqa: F401
