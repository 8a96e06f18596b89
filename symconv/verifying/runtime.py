"""onnxruntime in a process of its own: what a model makes it crash with is an error here, and no end of symconv.

This file is that process too, run as a script, so it imports nothing of symconv. Both sides send the length of a
message, then an .npz archive of plain arrays.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, Any


class RunError(Exception):
    """What the runtime said where a model does not run."""


class _Runtime:
    """The process, started when it is first needed, and again after a crash; one thread at a time asks it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._asked_by = 0
        self._lock = threading.Lock()

    def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a message.

        Raises RunError where the process ends instead.
        """
        with self._lock:
            return self._ask(message)

    def _ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        if self._asked_by != os.getpid():  # a fork has a process of its own
            self.process, self._asked_by = None, os.getpid()
        if self.process is None:  # -P: a neighbour of this file is called as the onnx package
            self.process = subprocess.Popen(
                [sys.executable, "-P", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            atexit.register(self.end)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            _send(self.process.stdin, message)
            answer = _receive(self.process.stdout)
        except (BrokenPipeError, OSError):
            answer = None
        except BaseException:  # interrupted in the middle of a message
            self.end()
            raise
        if answer is None:
            raise RunError(f"onnxruntime crashed ({self.end()})")
        return answer

    def end(self) -> str:
        """End the process; how it ended."""
        process, self.process = self.process, None
        if process is None:
            return "it had not been started"
        atexit.unregister(self.end)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()
        try:
            code = process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        return signal.Signals(-code).name if -code in set(signal.Signals) else f"exit {code}"


_runtime = _Runtime()


def session(model: bytes, folder: Path, outputs: Sequence[str], feeds: Mapping[str, Any]) -> dict[str, Any]:
    """What a run of a model gives for these tensors: arrays, nothing of a sequence.

    External weights are in the folder; missing ones are zeros.

    Raises RunError where the runtime does not run it, or crashes.
    """
    import numpy as np

    message: dict[str, Any] = {
        "model": np.frombuffer(model, dtype=np.uint8),
        "folder": np.array(str(folder)),
        "outputs": np.array(list(outputs), dtype=str),
        "inputs": np.array(list(feeds), dtype=str),
    }
    for k, value in enumerate(feeds.values()):
        message[f"input{k}"] = value.astype(str) if value.dtype == object else value
    answer = _runtime.ask(message)
    if "error" in answer:
        raise RunError(str(answer["error"]))
    return {name: answer[f"output{k}"] for k, name in enumerate(outputs) if f"output{k}" in answer}


# -- messages --------------------------------------------------------------------------------------------------------


def _send(pipe: IO[bytes], arrays: Mapping[str, Any]) -> None:
    import numpy as np

    written = BytesIO()
    np.savez(written, **arrays)
    pipe.write(struct.pack("<Q", written.tell()))
    pipe.write(written.getbuffer())
    pipe.flush()


def _receive(pipe: IO[bytes]) -> dict[str, Any] | None:
    """The next message; None where there is none, or it breaks off."""
    import numpy as np

    head = pipe.read(8)
    if len(head) < 8:
        return None
    (length,) = struct.unpack("<Q", head)
    body = pipe.read(length)
    if len(body) < length:
        return None
    with np.load(BytesIO(body), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


# -- in the process --------------------------------------------------------------------------------------------------


def _serve() -> None:
    """Answer messages until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the runtime prints is no answer
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        while (message := _receive(sys.stdin.buffer)) is not None:
            _send(answers, _answer(message))


def _answer(message: Mapping[str, Any]) -> dict[str, Any]:
    import numpy as np

    outputs = [str(name) for name in message["outputs"]]
    feeds = {str(name): message[f"input{k}"] for k, name in enumerate(message["inputs"])}
    try:
        found = _run(message["model"].tobytes(), Path(str(message["folder"])), outputs, feeds)
    except Exception as error:  # onnxruntime's errors have no common class
        return {"error": np.array(_said(str(error)))}
    arrays = ((k, value) for k, value in enumerate(found) if isinstance(value, np.ndarray))
    return {f"output{k}": np.zeros(a.shape, dtype=bool) if a.dtype == object else a for k, a in arrays}


def _run(model: bytes, folder: Path, outputs: list[str], feeds: Mapping[str, Any]) -> list[Any]:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    kept = _outside(model, folder, options)
    made = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    found: list[Any] = made.run(outputs, dict(feeds))
    del kept  # the runtime does not keep them alive
    return found


def _outside(model: bytes, folder: Path, options: Any) -> list[Any]:
    """Weights that are in other files, or zeros in place of those that are missing; what has to be kept meanwhile."""
    import numpy as np
    import onnx
    import onnxruntime as ort

    external = [t for t in onnx.load_from_string(model).graph.initializer if t.data_location == 1]
    if not external:
        return []
    places = {e.value for t in external for e in t.external_data if e.key == "location"}
    if all((folder / place).is_file() for place in places):
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
        return []
    arrays = [np.zeros(tuple(t.dims), dtype=onnx.helper.tensor_dtype_to_np_dtype(t.data_type)) for t in external]
    values = [ort.OrtValue.ortvalue_from_numpy(a) for a in arrays]
    names = [t.name for t in external]
    options.add_external_initializers(names, values)
    return [names, values]


def _said(error: str) -> str:
    """What onnxruntime says, without its own places."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(error.split()))
    noise = r"Non-zero status code returned while running |/onnxruntime_src/\S+ |onnxruntime::.* was false\. "
    return re.sub(noise, "", text)[:200]


if __name__ == "__main__":
    _serve()
