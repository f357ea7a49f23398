"""Running a student's code in a process that knows nothing worth stealing and can do nothing worth fearing.

Theory of operation
-------------------

Four kinds of process take part in grading.

*The worker* (`session.py`) sends a child its cells and, where a question is checked, all that the question asks
(`plan.py`), which was fixed before any submission was read. It writes down what comes back (`transcript.py`) and
reads of it no more than which request it answers. It never runs student code, and sends no verdict, since there
is none while a child lives.

*The judge* (`graders.batch.judge`) gets the transcript when the child is gone, and decodes it (`wire.py`). It
holds no child, and may be killed at any moment.

*The zygote* (`zygote.py`) is a Python interpreter of its own: `python -I` with an empty environment, started
with one socket and nothing else open. It imports NumPy, SymPy, matplotlib and IPython, rehearses them, enters
the view of the files that its children have (`view.py`), and then does nothing but fork a child when it is
asked to. Fork copies memory, so what the zygote must not know it must never have loaded: no tests, no
solutions, no names or paths of submissions; what children must not read it has as a ruleset, a descriptor
without names, and as a view that a process of a moment built. (`multiprocessing`'s fork server fails here: it
imports the parent's `__main__`, inherits its environment and unpickles.) Each worker of the grader has a zygote
to itself, a *twin* that the first one forks for it, with a socket of its own.

*The child* (`student.py`) is forked for one submission, confines itself (`confinement.py`) and only then receives
the first cell. It has one way out, the socket at descriptor 3, on which it answers requests. A question is one
request for names and calls; the replies come one by one, so that what hangs is known. Nothing that a cell displays
is formatted and what it prints is forgotten: nobody looks, and a representation is a student's code.

What each may know:

    worker      everything; sees of the child only messages that it doesn't decode
    judge       everything; sees of the child what it answered
    zygote      its libraries, the limits, the folder for temporary files
    child       the cells that it has been sent, the names that they made, and from the first check on the
                arguments of the hidden calls: the same for everybody, whatever is answered. What comes out of it
                after that is for the TA only, but for a choice from a short list

How a child is confined, in this order (each step closes what the next can't):

    1. core, files   bound to its worker's core, in a session of its own; in a root that shows Python's libraries,
                     read-only, and nothing else, with a folder of its own in memory, which ends with it
    2. descriptors   all closed but the channel; 0, 1 and 2 are /dev/null
    3. environment   replaced by half a dozen harmless variables
    4. limits        CPU seconds, address space, size of a file, open files, threads, no core dumps
    5. Landlock      reads of Python's libraries and of its own folder, writes to its own folder, nothing else;
                     no TCP, no abstract sockets, no signals outward
    6. user          root becomes a user that owns nothing; an ordinary user stays who they are, in a user
                     namespace where nobody else exists
    7. seccomp       the calls in `syscalls.py`, nothing else: no new processes, so to kill the child is to kill
                     all of it

Where the kernel allows no mounts, the first step is left out: then a child can't open what it must not, but it can
ask whether a path exists. So folders have names that can't be guessed, and what is written is looked at now and
then and not bounded at once. The limit on threads is the kernel's for a user, who is the child's alone or counted
in its namespace; where it is neither, what whoever grades runs already is added.

After that the child is a function from messages to messages that may lie, hang, crash or flood, and the other
side is written for exactly these four. A lie is a wrong answer. A hang runs into a deadline (cell, call,
notebook). A crash is an end of file. A flood runs into the size cap. In the last three cases the child is killed,
the cell or function that did it is recorded as lost, and a new child replays the other cells when, and only when,
somebody asks for another name. So one endless loop costs what it loops in, and nothing else.

Nothing survives a child: its folder ends with it or is deleted, the user is never used again at the same time,
calls that leave something behind in the kernel (System V IPC, keyrings, queues) are closed, and so are those that
change metadata of files that it may read.

Time is fair (`clock.py`): what a child waits for a core while others have it does not count, what its threads use
of other cores does.

Levels (`levels.py`): `full` is seccomp and one of Landlock and the view, which close the same files in two
ways; both where there are both. `reduced` is what is left without seccomp, or without Landlock and view, where
root can make the child another user: files are then as closed to it as their modes say, so the grader refuses
to begin while the hidden tests, the solutions, the submissions or the grades are open to everyone; what is
open, /tmp for one, may be read and written. `none` is a process with limits and the rights of whoever grades. A
child is never root: where Python is below a private folder and there is no view to bring it out, there is no
level but `none`, and the grader says how to open the way. The level is in every record.

Why own bindings: `py-landlock` 0.1 is an alpha with one release behind it; `landlockpy` 0.2 is well written
but months old, with one author; `landlock` has been a development release for years; `pyseccomp` has had no
release since 2021 and needs a system libseccomp that containers may lack. What they would save are 200 lines over
a stable kernel interface, and their default, "best effort", is the opposite of what is wanted here: a sandbox that
can't be set up must fail.
"""
