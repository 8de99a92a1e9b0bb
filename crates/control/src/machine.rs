//! What is known of the machine, and of the process as it was started: what who looks for faults asks first (management
//! guide, chapter 9.3, `show dev`, `show libs`). The kernel is asked at the start: later its files may be out of reach.

use std::fs;
use std::path::Path;

use rustix::process::{Resource, getegid, geteuid, getrlimit};

/// The first line of a file, without blanks at its ends; empty if there is none.
fn first_line(path: &str) -> String {
    let text = fs::read(path).unwrap_or_default();
    let end = text.iter().position(|byte| matches!(byte, b'\n' | 0)).unwrap_or(text.len());
    String::from_utf8_lossy(&text[..end]).trim().to_owned()
}

/// Everything.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// The machine and its system: what, and its value; without what is not known.
    pub platform: Vec<(&'static str, String)>,
    /// The process as it was started.
    pub process: Option<ProcessStart>,
    /// The files that are mapped to be executed.
    pub libraries: Vec<Library>,
}

/// The process as it was started.
#[derive(Debug, Clone)]
pub struct ProcessStart {
    /// The words that it was started with.
    pub command: Vec<String>,
    /// Who it was, and what it was allowed.
    pub rights: Rights,
}

/// Who a process is, and what it is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Effective, permitted and inheritable capabilities, a bit each; or what the kernel said instead.
    pub capabilities: Result<[u64; 3], String>,
    /// The effective user.
    pub uid: u32,
    /// The effective group.
    pub gid: u32,
    /// How many descriptors may be open; `None`: any number.
    pub descriptors: Limit,
    /// Bytes of data; `None`: any number.
    pub memory_bytes: Limit,
}

/// A soft and a hard limit.
pub type Limit = (Option<u64>, Option<u64>);

/// A file that is mapped to be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// The first address.
    pub start: u64,
    /// The one behind the last.
    pub end: u64,
    /// The file.
    pub path: String,
}

impl Machine {
    /// Looks around.
    #[must_use]
    pub fn look() -> Machine {
        Machine {
            platform: platform(),
            process: Some(ProcessStart {
                command: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
                rights: Rights::now(),
            }),
            libraries: libraries(&fs::read_to_string("/proc/self/maps").unwrap_or_default()),
        }
    }
}

impl Rights {
    /// Those of this moment.
    #[must_use]
    pub fn now() -> Rights {
        let sets = rustix::thread::capabilities(None);
        let limit = |resource| {
            let limit = getrlimit(resource);
            (limit.current, limit.maximum)
        };
        Rights {
            capabilities: sets
                .map(|sets| [sets.effective.bits(), sets.permitted.bits(), sets.inheritable.bits()])
                .map_err(|error| error.to_string()),
            uid: geteuid().as_raw(),
            gid: getegid().as_raw(),
            descriptors: limit(Resource::Nofile),
            memory_bytes: limit(Resource::Data),
        }
    }
}

fn platform() -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    let mut add = |what, value: String| {
        // Makers write the same into several places.
        let is_new = found.iter().all(|(_, known)| *known != value);
        if !value.is_empty() && is_new {
            found.push((what, value));
        }
    };
    for (what, file) in [
        ("machine vendor", "/sys/class/dmi/id/sys_vendor"),
        ("machine family", "/sys/class/dmi/id/product_family"),
        ("machine model", "/sys/class/dmi/id/product_name"),
        ("board vendor", "/sys/class/dmi/id/board_vendor"),
    ] {
        add(what, first_line(file));
    }
    let board = first_line("/sys/firmware/devicetree/base/model");
    add("board model", if board.is_empty() { first_line("/sys/class/dmi/id/board_name") } else { board });
    let vendor = found.first().map(|(_, vendor)| vendor.clone()).unwrap_or_default();
    found.extend(processor(&fs::read_to_string("/proc/cpuinfo").unwrap_or_default(), &vendor));
    found.push(("container", container().to_owned()));
    for (what, name) in [("OS name", "ostype"), ("OS release", "osrelease"), ("OS version", "version")] {
        found.push((what, first_line(&format!("/proc/sys/kernel/{name}"))));
    }
    found.push(("OS architecture", std::env::consts::ARCH.to_owned()));
    found.push(("node name", first_line("/proc/sys/kernel/hostname")));
    let release =
        ["/etc/os-release", "/usr/lib/os-release"].iter().find_map(|path| fs::read_to_string(path).ok());
    found.push(("distro pretty name", distribution(&release.unwrap_or_default()).to_owned()));
    found.retain(|(_, value)| !value.is_empty());
    found
}

/// What a `cpuinfo` tells of the first processor. `vendor` is the machine's.
fn processor(cpuinfo: &str, vendor: &str) -> Vec<(&'static str, String)> {
    let lines = cpuinfo.lines().take_while(|line| !line.is_empty());
    let fields: Vec<(&str, &str)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let of = |name: &str| fields.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
    let parts = [
        ("CPU implementer", "Impl"),
        ("cpu family", "Fam"),
        ("model", "Model"),
        ("stepping", "Step"),
        ("CPU architecture", "Arch"),
        ("CPU part", "Part"),
    ];
    let mut model: Vec<String> = parts
        .iter()
        .filter(|(name, _)| !of(name).is_empty())
        .map(|(name, short)| format!("{short} {}", of(name)))
        .collect();
    if !of("CPU variant").is_empty() {
        let variant = u32::from_str_radix(of("CPU variant").trim_start_matches("0x"), 16).unwrap_or(0);
        model.push(format!("r{variant}p{}", of("CPU revision")));
    }
    let is_virtual = of("flags").split(' ').any(|flag| flag == "hypervisor");
    let machine = match (is_virtual, vendor) {
        (false, _) => "no",
        (true, vendor) if vendor.starts_with("QEMU") => "qemu",
        (true, vendor) if vendor.starts_with("VMware") => "vmware",
        (true, _) => "yes",
    };
    vec![
        ("soc vendor", of("vendor_id").to_owned()),
        ("soc model", of("model name").to_owned()),
        ("cpu model", model.join(" ")),
        ("virtual machine", machine.to_owned()),
    ]
}

/// The second process is the kernel's own, unless these are processes of a container.
fn container() -> &'static str {
    match first_line("/proc/2/status").as_str() {
        "Name:\tkthreadd" | "Name:\tkeventd" => "no",
        _ if Path::new("/.dockerenv").exists() => "docker",
        _ => "yes",
    }
}

fn distribution(release: &str) -> &str {
    let line = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    line.unwrap_or_default().trim_matches('"')
}

/// The files of executable mappings with all the addresses that they take, in the order of these. Lines are `FIRST-LAST
/// PERMISSIONS OFFSET DEVICE INODE PATH`.
fn libraries(maps: &str) -> Vec<Library> {
    let mut found: Vec<(Library, bool)> = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let range = words.next().and_then(|range| range.split_once('-'));
        let (Some((start, end)), Some(permissions)) = (range, words.next()) else { continue };
        let number = |text| u64::from_str_radix(text, 16).unwrap_or(0);
        let Some(path) = line.find('/').map(|at| &line[at..]) else { continue };
        let is_executable = permissions.contains('x');
        match found.last_mut().filter(|(last, _)| last.path == path) {
            Some((last, has_code)) => {
                last.end = number(end);
                *has_code |= is_executable;
            }
            None => {
                let library = Library { start: number(start), end: number(end), path: path.to_owned() };
                found.push((library, is_executable));
            }
        }
    }
    found.into_iter().filter(|(_, has_code)| *has_code).map(|(library, _)| library).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_processor_is_told() {
        let text = "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 207\nmodel name\t: Xeon\nstepping\t: 2\n\
                    flags\t\t: fpu hypervisor\n\nvendor_id\t: Other\n";
        let told = processor(text, "QEMU");
        let values: Vec<&str> = told.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["GenuineIntel", "Xeon", "Fam 6 Model 207 Step 2", "qemu"]);
        let arm = "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n";
        assert_eq!(processor(arm, "")[2].1, "Impl 0x41 Arch 8 Part 0xd0c r3p1");
    }

    #[test]
    fn mappings_of_a_file_are_one() {
        let maps = "1000-2000 r--p 00000000 08:02 1  /bin/a b\n2000-3000 r-xp 00001000 08:02 1  /bin/a b\n\
                    3000-4000 rw-p 00000000 00:00 0 \n5000-6000 r--p 00000000 08:02 2  /data\n\
                    7000-8000 r-xp 00000000 00:00 0  [vdso]\n";
        let library = Library { start: 0x1000, end: 0x3000, path: "/bin/a b".to_owned() };
        assert_eq!(libraries(maps), [library]);
    }

    #[test]
    fn this_machine_is_known() {
        let machine = Machine::look();
        assert!(machine.platform.iter().any(|(what, value)| *what == "OS name" && value == "Linux"));
        assert!(!machine.libraries.is_empty() && machine.process.is_some());
        assert_eq!(distribution("ID=x\nPRETTY_NAME=\"Some System 12\"\n"), "Some System 12");
    }
}
