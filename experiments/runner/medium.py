"""The boot medium of one run: GRUB, the hypervisor, kernels, descriptions."""
from __future__ import annotations

import subprocess
from pathlib import Path

from .manifest import Dom0, Domain, Manifest, Scheduler

MKISO = Path(__file__).resolve().parents[2] / "tools/mkiso"


def flat(path: str) -> str:
    """The name under which the hypervisor knows a file."""
    return path.replace("/", "-")


def _parameters(domain: Domain | Dom0, scheduler: Scheduler) -> list[str]:
    """Those that are for this scheduler, the weight first."""
    words = [f"{scheduler.name}.{scheduler.weight}={domain.weight}"] \
        if scheduler.weight else []
    return words + [f"{key}={value}" for key, value
                    in domain.parameters.items()
                    if key.startswith(f"{scheduler.name}.")]


def describe(domain: Domain, scheduler: Scheduler) -> str:
    """One line of the description module."""
    words = ["domain", f"name={domain.name}", f"kernel={flat(domain.kernel)}"]
    if domain.ramdisk:
        words.append(f"ramdisk={flat(domain.ramdisk)}")
    words += [f"mem={domain.memory}", f"vcpus={domain.vcpus}"]
    if domain.cpus:
        words.append(f"cpus={domain.cpus}")
    words += _parameters(domain, scheduler)
    if domain.cmdline:
        words.append(f'cmdline="{domain.cmdline}"')
    return " ".join(words)


def _dom0_options(dom0: Dom0, scheduler: Scheduler) -> str:
    words = [f"dom0_mem={dom0.memory},max:{dom0.memory}",
             f"dom0_max_vcpus={dom0.vcpus}"]
    if dom0.pin:
        words.append("dom0_vcpus_pin")
    if parameters := _parameters(dom0, scheduler):
        words.append(f"dom0_sched={','.join(parameters)}")
    return " ".join(words)


def _dom0_modules(dom0: Dom0) -> list[str]:
    """Its kernel with its words, and its initrd: the modules that say nothing
    else of themselves."""
    jobs = " ".join(f"job={job}" for job in dom0.jobs)
    return [f"  module2 /boot/{flat(dom0.kernel)} console=hvc0 quiet {jobs}",
            f"  module2 /boot/{flat(dom0.ramdisk)}"]


def grub_config(manifest: Manifest, scheduler: Scheduler) -> str:
    """The one menu entry, taken at once."""
    files = sorted({f for d in manifest.domains
                    for f in (d.kernel, d.ramdisk) if f})
    options = (f"sched={scheduler.name} {scheduler.options} console=com1 "
               f"loglvl=info tbuf_size={manifest.trace_pages} "
               f"tevt_mask={manifest.trace_mask:#x}")
    modules = []
    if manifest.dom0:
        options += f" {_dom0_options(manifest.dom0, scheduler)}"
        modules = _dom0_modules(manifest.dom0)
    lines = ["set timeout=0", "set gfxpayload=text",
             f"menuentry '{scheduler.name}' {{",
             f"  multiboot2 /boot/metronome.gz {options}", *modules]
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
    done = subprocess.run(
        [MKISO, image, config, build / "metronome.gz", descriptions,
         *manifest.plugins,
         *(f"{build / 'guests' / f}={flat(f)}" for f in manifest.files)],
        text=True, capture_output=True)
    if done.returncode or not image.exists():
        raise RuntimeError(f"mkiso: {done.stderr.strip()[-400:]}")
    return image
