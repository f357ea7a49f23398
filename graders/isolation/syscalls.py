"""Which system calls a student's process may make: a table of names and numbers, nothing else.

Everything that is not listed fails with EPERM, so a call that a future kernel adds is closed from its first day.
Not listed, hence closed, are above all: new processes and programs (`fork`, `vfork`, `execve`), `socket`, `ptrace`
and `process_vm_*`, `io_uring_*`, `bpf`, `perf_event_open`, keyrings, System V and POSIX message queues, shared memory
and semaphores, `memfd_create`, mounts and namespaces, `kill`, `setpriority`, `flock`, `truncate` by path, extended
attributes, `mknod` and everything about time, modules, swap and reboot.

A number pair is (x86_64, aarch64); None where an architecture has no such call.
"""

from __future__ import annotations

Numbers = dict[str, tuple[int, int | None]]

ALLOWED: Numbers = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "pwrite64": (18, 68), "close": (3, 57), "fstat": (5, 80), "newfstatat": (262, 79), "stat": (4, None),
    "lstat": (6, None), "statx": (332, 291), "lseek": (8, 62), "mmap": (9, 222), "mprotect": (10, 226),
    "munmap": (11, 215), "mremap": (25, 216), "madvise": (28, 233), "brk": (12, 214), "futex": (202, 98),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132), "gettid": (186, 178), "getpid": (39, 172), "getppid": (110, 173),
    "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177),
    "getpgid": (121, 155), "getsid": (124, 156), "getpgrp": (111, None), "getgroups": (115, 158),
    "getresuid": (118, 148), "getresgid": (120, 150), "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153),
    "getrusage": (98, 165), "sysinfo": (99, 179), "uname": (63, 160), "getrandom": (318, 278),
    "set_robust_list": (273, 99), "rseq": (334, 293),
    "set_tid_address": (218, 96), "arch_prctl": (158, None), "membarrier": (324, 283),
    "restart_syscall": (219, 128), "exit": (60, 93), "exit_group": (231, 94), "getcpu": (309, 168),
    "open": (2, None), "openat": (257, 56), "creat": (85, None), "access": (21, None),
    "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78),
    "getdents64": (217, 61), "getdents": (78, None), "getcwd": (79, 17), "chdir": (80, 49),
    "fchdir": (81, 50), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None),
    "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276), "symlink": (88, None), "symlinkat": (266, 36), "link": (86, None),
    "linkat": (265, 37), "ftruncate": (77, 46), "fallocate": (285, 47), "fsync": (74, 82),
    "fdatasync": (75, 83), "sync_file_range": (277, 84), "fadvise64": (221, 223),
    "copy_file_range": (326, 285), "sendfile": (40, 71), "statfs": (137, 43), "fstatfs": (138, 44),
    "umask": (95, 166), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "pipe": (22, None),
    "pipe2": (293, 59), "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_wait": (232, None), "epoll_pwait": (281, 22), "eventfd": (284, None), "eventfd2": (290, 19),
    "timerfd_create": (283, 85), "timerfd_settime": (286, 86), "timerfd_gettime": (287, 87),
    "recvfrom": (45, 207), "sendto": (44, 206), "recvmsg": (47, 212), "sendmsg": (46, 211),
    "shutdown": (48, 210), "getsockopt": (55, 209), "setsockopt": (54, 208), "getsockname": (51, 204),
    "getpeername": (52, 205), "alarm": (37, None), "setitimer": (38, 103), "getitimer": (36, 102),
    "timer_create": (222, 107), "timer_settime": (223, 110), "timer_gettime": (224, 108),
    "timer_delete": (226, 111), "timer_getoverrun": (225, 109), "rt_sigpending": (127, 136),
    "rt_sigtimedwait": (128, 137), "rt_sigsuspend": (130, 133), "pause": (34, None), "mincore": (27, 232),
    "mlock": (149, 228), "munlock": (150, 229), "msync": (26, 227), "getrlimit": (97, 163),
    "close_range": (436, 436),
}

# Landlock does not govern these, so they must never reach the kernel. They answer "done" without doing anything,
# because `shutil.copy` and its like call them on files that the student may well own.
PRETENDED: Numbers = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "utimensat": (280, 88), "futimesat": (261, None),
}

# Allowed for some arguments only; `seccomp.py` has the conditions.
CONDITIONAL: Numbers = {
    "fcntl": (72, 25), "ioctl": (16, 29), "clone": (56, 220), "clone3": (435, 435), "prctl": (157, 167),
    "prlimit64": (302, 261), "tgkill": (234, 131), "socketpair": (53, 199),
}
