"""Seccomp: which system calls a process may make, as a filter that the kernel runs before each of them."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from graders.isolation.kernel import PR_SET_NO_NEW_PRIVS, prctl, syscall
from graders.isolation.syscalls import ALLOWED, CONDITIONAL, PRETENDED, Numbers

_SECCOMP = {"x86_64": 317, "aarch64": 277}
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SET_MODE_FILTER, _GET_ACTION_AVAIL = 1, 2
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000

_LOAD, _EQUAL, _GREATER_EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH = 0, 4
_X32_BIT = 0x40000000

_CLONE_THREAD = 0x00010000
_AF_UNIX = 1
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC: no locks, leases or signals
_FCNTL = (0, 1, 2, 3, 4, 1030)
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_SET_VMA (names of the allocator's areas)
_PRCTL = (3, 15, 16, 0x53564D41)

Instruction = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Argument:
    """A condition on the low or high half of an argument."""

    position: int
    values: tuple[int, ...]
    any_bit: bool = False
    high: bool = False

    def instructions(self, otherwise: int) -> list[Instruction]:
        """Code that falls through when the condition holds, and jumps `otherwise` instructions on when not."""
        test = _ANY_BIT if self.any_bit else _EQUAL
        code: list[Instruction] = [(_LOAD, 0, 0, 16 + 8 * self.position + 4 * self.high)]
        for index, value in enumerate(self.values):
            left = len(self.values) - index - 1
            code.append((test, left, 0 if left else otherwise, value))
        return code


def _conditions(pid: int) -> dict[str, tuple[_Argument, ...]]:
    return {
        "fcntl": (_Argument(1, _FCNTL),),
        "ioctl": (_Argument(1, _IOCTL),),
        "clone": (_Argument(0, (_CLONE_THREAD,), any_bit=True),),
        "prctl": (_Argument(0, _PRCTL),),
        "prlimit64": (_Argument(0, (0,)), _Argument(2, (0,)), _Argument(2, (0,), high=True)),
        "tgkill": (_Argument(0, (pid,)),),
        "socketpair": (_Argument(0, (_AF_UNIX,)),),
    }


def program(machine: str, pid: int) -> list[Instruction]:
    """The filter for a process, as classic BPF instructions (code, jump if true, jump if false, constant)."""
    column = 0 if machine == "x86_64" else 1

    def numbers(table: Numbers) -> list[tuple[str, int]]:
        return [(name, pair[column]) for name, pair in table.items() if pair[column] is not None]  # type: ignore[misc]

    def answer(number: int, action: int) -> list[Instruction]:
        return [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, action)]

    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, _ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_GREATER_EQUAL, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    for _, number in numbers(ALLOWED):
        code += answer(number, _ALLOW)
    for _, number in numbers(PRETENDED):
        code += answer(number, _ERRNO)
    conditions = _conditions(pid)
    for name, number in numbers(CONDITIONAL):
        if name == "clone3":
            # its flags lie in memory, out of a filter's sight; told that it does not exist, libc takes clone
            code += answer(number, _ERRNO | errno.ENOSYS)
            continue
        tests: list[Instruction] = []
        for condition in reversed(conditions[name]):
            tests = condition.instructions(otherwise=len(tests) + 1) + tests
        code += [(_EQUAL, 0, len(tests) + 2, number), *tests]
        code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    code.append((_RETURN, 0, 0, _ERRNO | errno.EPERM))
    return code


def available() -> bool:
    """Whether this kernel filters system calls, on a machine whose numbers are known."""
    machine = platform.machine()
    if machine not in _SECCOMP:
        return False
    try:
        action = ctypes.c_uint32(_ERRNO)
        syscall(_SECCOMP[machine], _GET_ACTION_AVAIL, 0, ctypes.byref(action))
    except OSError:
        return False
    return True


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def enforce() -> None:
    """Filter the system calls of this process from now on, for good."""
    install(program(platform.machine(), os.getpid()))


def install(filter_: Sequence[Instruction]) -> None:
    """Have the kernel run a filter before each system call of this process."""
    code = b"".join(struct.pack("HBBI", *line) for line in filter_)
    buffer = ctypes.create_string_buffer(code, len(code))
    described = _Program(len(code) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    syscall(_SECCOMP[platform.machine()], _SET_MODE_FILTER, 0, ctypes.byref(described))
