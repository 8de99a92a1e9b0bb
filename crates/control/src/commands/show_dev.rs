//! `show dev`, `show libs`: what who looks for faults asks first.

use std::fmt::Write;

use crate::access::Level;
use crate::anonymous;
use crate::command::{Answer, Command, Request};
use crate::machine::{Limit, Rights};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["show", "dev"],
        "show dev",
        "show the program, the machine and the process's rights",
        show,
    ),
    Command::new(&["show", "libs"], "show libs", "list the files that are mapped to be executed", libraries)
        .level(Level::Operator),
];

fn show(request: &mut Request<'_>) -> Answer {
    if !request.word(2).is_empty() {
        return Answer::error("This command takes no argument.\n");
    }
    let about = &request.process.about;
    let mut out =
        format!("HAProxy version {}\nFeatures:\n  {}\nBuild options:\n", about.build, about.features);
    for line in &about.build_lines {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  {line}");
    }
    out.push_str("Platform info:\n");
    for (what, value) in &about.machine.platform {
        let key = request.client.anon_key.filter(|_| ["node name", "distro pretty name"].contains(what));
        let _ = writeln!(out, "  {what}: {}", anonymous::name(key, value));
    }
    let _ = writeln!(out, "Process info:\n  pid: {}", request.process.shared.runtime.process.pid);
    if let Some(start) = &about.machine.process {
        let _ = writeln!(out, "  cmdline: {} ", start.command.join(" "));
        rights(&start.rights, &Rights::now(), &mut out);
    }
    Answer::Dump(out.into_bytes())
}

/// Those at the start and those of now.
fn rights(start: &Rights, now: &Rights, out: &mut String) {
    for (when, rights) in [("boot", start), ("runtime", now)] {
        match &rights.capabilities {
            Ok(sets) => {
                let _ = writeln!(out, "  {when} capabilities:");
                for (name, set) in ["CapEff", "CapPrm", "CapInh"].iter().zip(sets) {
                    let _ = writeln!(out, "  \t{name}: 0x{set:016x}");
                }
            }
            Err(error) => {
                let _ = writeln!(out, "  capget() failed at {when} with: {error}.");
            }
        }
    }
    let mut line = |what: &str, start: &str, now: &str| {
        let _ = writeln!(out, "  {what:<22}  {start:<11}  {now:<11} ");
    };
    line("identity:", "-boot-", "-runtime-");
    line("    uid:", &start.uid.to_string(), &now.uid.to_string());
    line("    gid:", &start.gid.to_string(), &now.gid.to_string());
    line("limits:", "-boot-", "-runtime-");
    let mut limits = |what: &str, start: Limit, now: Limit| {
        line(&format!("    {what} limit (soft):"), &shown(start.0), &shown(now.0));
        line(&format!("    {what} limit (hard):"), &shown(start.1), &shown(now.1));
    };
    limits("fd", start.descriptors, now.descriptors);
    limits("ram", start.memory_bytes, now.memory_bytes);
}

fn shown(limit: Option<u64>) -> String {
    limit.map_or("unlimited".to_owned(), |limit| limit.to_string())
}

fn libraries(request: &mut Request<'_>) -> Answer {
    let mut out = String::new();
    for library in &request.process.about.machine.libraries {
        let (start, end) = (library.start, library.end);
        let size = end.saturating_sub(start);
        let _ =
            writeln!(out, "0x{start:012x}-0x{:012x} (0x{size:07x}) {}", end.saturating_sub(1), library.path);
    }
    Answer::Dump(out.into_bytes())
}

#[cfg(test)]
mod tests {
    use crate::access::Level;
    use crate::testing::Lab;

    #[test]
    fn the_machine_and_its_libraries() {
        let mut lab = Lab::new("");
        lab.process.about.machine = crate::machine::Machine::look();
        let told = lab.ask("show dev");
        for part in [
            "\nPlatform info:\n",
            "\n  OS name: Linux\n",
            "\n  pid: 77\n",
            "\n      uid:  ",
            "\n  \tCapEff: 0x",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let node = lab
            .process
            .about
            .machine
            .platform
            .iter()
            .find(|(what, _)| *what == "node name")
            .unwrap()
            .1
            .clone();
        assert!(told.contains(&format!("node name: {node}\n")));
        assert!(!lab.ask("set anon on 5;show dev").contains(&format!("node name: {node}\n")));
        assert_eq!(lab.ask("show dev x"), "This command takes no argument.\n");
        let libraries = lab.ask("show libs");
        assert!(libraries.lines().all(|line| line.starts_with("0x") && line.contains(" /")), "{libraries}");
        assert!(lab.talk(Level::User, "show libs\n").contains("Permission denied"));
    }
}
