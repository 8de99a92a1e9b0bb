//! `show fd`: the descriptors of the process, as the kernel tells them; and `show pools`: its memory, in the same way.

use std::fs;
use std::io::Write;

use crate::access::Level;
use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[
    Command::new(&["show", "fd"], "show fd [num]", "list the descriptors, or one of them", descriptors)
        .level(Level::Operator),
    Command::new(&["show", "pools"], "show pools", "show how much memory the process has", memory),
];

fn descriptors(request: &mut Request<'_>) -> Answer {
    let wanted = request.text(2);
    let wanted: Option<u32> = match wanted.is_empty() {
        true => None,
        false => match wanted.parse() {
            Ok(number) => Some(number),
            Err(_) => return Answer::error("Invalid FD type\n"),
        },
    };
    let Ok(entries) = fs::read_dir("/proc/self/fd") else {
        return Answer::error("The kernel does not tell (no /proc below the root directory).\n");
    };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut numbers: Vec<u32> =
        numbers.filter(|number| wanted.is_none_or(|wanted| wanted == *number)).collect();
    numbers.sort_unstable();
    let mut out = Vec::new();
    for number in numbers {
        // One that was closed meanwhile, as the directory itself, is not there any more.
        if let Ok(target) = fs::read_link(format!("/proc/self/fd/{number}")) {
            // Writing to a Vec cannot fail.
            let _ = writeln!(out, "{number:>7} : {}", target.display());
        }
    }
    Answer::Dump(out)
}

fn memory(_: &mut Request<'_>) -> Answer {
    let Ok(status) = fs::read_to_string("/proc/self/status") else {
        return Answer::error("The kernel does not tell (no /proc below the root directory).\n");
    };
    let mut out = b"Memory of the process, as the kernel tells it:\n".to_vec();
    for line in status.lines().filter(|line| {
        ["VmPeak", "VmSize", "VmHWM", "VmRSS", "RssAnon", "VmData"].iter().any(|name| line.starts_with(name))
    }) {
        if let Some((name, size)) = line.split_once(':') {
            let _ = writeln!(out, "  - {name}: {}", size.trim());
        }
    }
    Answer::Dump(out)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn the_kernel_tells() {
        let lab = Lab::new("");
        assert!(lab.ask("show fd").contains(" : "));
        assert!(lab.ask("show fd 0").starts_with("      0 : "));
        assert_eq!(lab.ask("show fd x"), "Invalid FD type\n");
        assert!(lab.ask("show pools").contains("VmRSS: "));
    }
}
