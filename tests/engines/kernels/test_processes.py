"""Kernels in processes that were forked from one that has used them, and in many threads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lucid.engines.cpu.kernels import table

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

PROGRAM = """
import os, warnings
warnings.simplefilter("ignore")  # Python 3.12 warns of any fork beside threads
import lucid
import lucid.nn.functional as F

lucid.random.seed(0)
x, w = lucid.randn(64, 256), lucid.randn(256, 256, requires_grad=True)

def step():
    w.grad = None
    for precision in ("medium", "highest"):
        lucid.set_float32_matmul_precision(precision)
        loss = lucid.square(F.softmax(F.gelu(F.linear(x, w)), axis=-1)).sum()
    loss.backward()
    return loss.item(), w.grad.numpy().copy()

right, slope = step()
child = os.fork()
if child == 0:
    found, again = step()
    os._exit(0 if abs(found - right) < 1e-4 * abs(right) and abs(again - slope).max() < 1e-4 else 1)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
"""


def test_a_forked_process_computes_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "0", done.stderr


FORWARD_HERE_BACKWARD_THERE = """
import os, warnings
warnings.simplefilter("ignore")
import lucid
import lucid.nn.functional as F

lucid.set_num_threads(2)
x, w = lucid.randn(2, 8, 16, 16), lucid.randn(8, 8, 3, 3, requires_grad=True)
a, b = lucid.randn(64, 256), lucid.randn(256, 256, requires_grad=True)
F.conv2d(x, w)
y = F.gelu(F.linear(a, b)).sum()
(right,) = lucid.autograd.grad(y, b, retain_graph=True)
child = os.fork()
if child == 0:
    F.conv2d(x, w).sum().backward()  # made for two threads, of which one stayed behind
    y.backward()  # by a kernel that can't run here
    lucid.set_num_threads(2)  # there is no second one
    (a @ b).sum().backward()
    os._exit(0 if abs(b.grad - right - a.sum(0)[:, None]).max() < 1e-2 else 1)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
"""


def test_a_forked_process_goes_on_with_what_its_parent_began() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORWARD_HERE_BACKWARD_THERE], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "0", done.stderr


WHILE_NUMBA_LOADS = """
import threading, lucid
import lucid.nn.functional as F

x, done = lucid.randn(256, 256), []

def multiply():
    while not stop:
        x @ x
    done.append(True)

stop = False
x @ x
thread = threading.Thread(target=multiply)
thread.start()
F.gelu(x)
stop = True
thread.join()
print(done)
"""


def test_products_go_on_while_another_thread_loads_numba() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WHILE_NUMBA_LOADS], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[True]", done.stderr


def test_one_thread_is_one_thread() -> None:
    program = """
import ctypes, lucid
import lucid.nn.functional as F

openmp = ctypes.CDLL("libgomp.so.1")
lucid.set_num_threads(1)
x = lucid.randn(256, 256)
F.gelu(x @ x)  # oneDNN, then Numba, which begins by setting OpenMP's number of threads
first = openmp.omp_get_max_threads()
import time
big, w = lucid.randn(8, 64, 56, 56), lucid.randn(64, 64, 5, 5)
F.conv2d(big, w)
wall, cpu = time.perf_counter(), time.process_time()
F.conv2d(big, w)
busy = (time.process_time() - cpu) / (time.perf_counter() - wall)  # cores at work
assert busy < 1.4, busy
lucid.set_num_threads(2)
F.gelu(x @ x)
print(first, openmp.omp_get_max_threads())
"""
    pytest.importorskip("lucid.engines.cpu.kernels.loops")
    if not table.allowed("numba"):
        pytest.skip("kernels are turned off")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    if "libgomp" in done.stderr:
        pytest.skip("this system has no libgomp")
    assert done.stdout.strip() == "1 2", done.stderr
