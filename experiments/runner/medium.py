"""The boot medium of one run: GRUB, the hypervisor, kernels, descriptions."""
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .manifest import Domain, Manifest, Scheduler

EPOCH = "1767225600"  # 2026-01-01: the same bytes whenever it is made


def flat(path: str) -> str:
    """The name under which the hypervisor knows a file."""
    return path.replace("/", "-")


def describe(domain: Domain, scheduler: Scheduler) -> str:
    """One line of the description module: with the parameters that are for
    this scheduler."""
    words = ["domain", f"name={domain.name}", f"kernel={flat(domain.kernel)}"]
    if domain.ramdisk:
        words.append(f"ramdisk={flat(domain.ramdisk)}")
    words += [f"mem={domain.memory}", f"vcpus={domain.vcpus}"]
    if scheduler.weight:
        words.append(f"{scheduler.name}.{scheduler.weight}={domain.weight}")
    words += [f"{key}={value}" for key, value in domain.parameters.items()
              if key.startswith(f"{scheduler.name}.")]
    if domain.cmdline:
        words.append(f'cmdline="{domain.cmdline}"')
    return " ".join(words)


def grub_config(manifest: Manifest, scheduler: Scheduler) -> str:
    """The one menu entry, taken at once."""
    files = sorted({f for d in manifest.domains
                    for f in (d.kernel, d.ramdisk) if f})
    options = (f"sched={scheduler.name} {scheduler.options} console=com1 "
               f"loglvl=info tbuf_size={manifest.trace_pages} "
               f"tevt_mask={manifest.trace_mask:#x}")
    lines = ["set timeout=0", "set gfxpayload=text",
             f"menuentry '{scheduler.name}' {{",
             f"  multiboot2 /boot/metronome.gz {options}"]
    lines += [f"  module2 /boot/{flat(f)} file={flat(f)}" for f in files]
    lines += ["  module2 /boot/domains.txt domains", "}"]
    return "\n".join(lines) + "\n"


def power_of_two(size: int) -> int:
    """The smallest size that an emulated SD card may have."""
    return 1 << (size - 1).bit_length()


def make(manifest: Manifest, scheduler: Scheduler, build: Path,
         folder: Path) -> Path:
    """Write folder/boot.img, with the bytes depending on its content alone."""
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    boot = tree / "boot"
    (boot / "grub").mkdir(parents=True)
    shutil.copy(build / "metronome.gz", boot)
    for domain in manifest.domains:
        for file in (domain.kernel, domain.ramdisk):
            if file:
                shutil.copy(build / "guests" / file, boot / flat(file))
    (boot / "domains.txt").write_text(
        "".join(describe(d, scheduler) + "\n" for d in manifest.domains))
    (boot / "grub" / "grub.cfg").write_text(grub_config(manifest, scheduler))
    for path in [tree, *tree.rglob("*")]:
        os.utime(path, (int(EPOCH), int(EPOCH)))
    image = folder / "boot.img"
    done = subprocess.run(
        ["grub-mkrescue", "-o", image, tree], text=True, capture_output=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH})
    if done.returncode or not image.exists():
        raise RuntimeError(f"grub-mkrescue: {done.stderr.strip()[-400:]}")
    os.truncate(image, power_of_two(image.stat().st_size))
    shutil.rmtree(tree)
    return image
