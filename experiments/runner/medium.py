"""The boot medium of one run: GRUB, the hypervisor, kernels, descriptions."""
from __future__ import annotations

import subprocess
from pathlib import Path

from .manifest import Domain, Manifest, Scheduler

MKISO = Path(__file__).resolve().parents[2] / "tools/mkiso"


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
    if domain.cpus:
        words.append(f"cpus={domain.cpus}")
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
    lines += [f"  module2 /boot/{p.name} sched_plugin"
              for p in manifest.plugins]
    lines += ["  module2 /boot/domains.txt domains", "}"]
    return "\n".join(lines) + "\n"


def make(manifest: Manifest, scheduler: Scheduler, build: Path,
         folder: Path) -> Path:
    """Write folder/boot.img, with the bytes depending on its content alone:
    GRUB's own tool would put the time of day into it."""
    folder.mkdir(parents=True, exist_ok=True)
    image = folder / "boot.img"
    descriptions = folder / "domains.txt"
    config = folder / "grub.cfg"
    descriptions.write_text(
        "".join(describe(d, scheduler) + "\n" for d in manifest.domains))
    config.write_text(grub_config(manifest, scheduler))
    files = sorted({f for d in manifest.domains
                    for f in (d.kernel, d.ramdisk) if f})
    done = subprocess.run(
        [MKISO, image, config, build / "metronome.gz", descriptions,
         *manifest.plugins,
         *(f"{build / 'guests' / f}={flat(f)}" for f in files)],
        text=True, capture_output=True)
    if done.returncode or not image.exists():
        raise RuntimeError(f"mkiso: {done.stderr.strip()[-400:]}")
    return image
