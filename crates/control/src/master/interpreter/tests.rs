//! Conversations with a master whose workers are threads of the test.

use std::io::{Read, Write};
use std::sync::atomic::AtomicBool;

use tokio::net::UnixStream;
use tokio::sync::mpsc;

use super::*;
use crate::testing::{Lab, VERSION};

/// Answers orders: one worker, 77, which tells what it was asked and by whom.
fn answer(order: Order) {
    let found = |connection| Found { pid: 77, uptime: Duration::from_secs(61), connection };
    match order {
        Order::Processes(detail, answer) => drop(answer.send(format!("table {detail:?}\n"))),
        Order::Reload(how, answer) => {
            let is_success = how == Reload::Soft;
            drop(answer.send(Loaded { is_success, logs: b"[NOTICE] x\n".to_vec() }));
        }
        Order::Status(answer) => drop(answer.send(Loaded { is_success: true, logs: Vec::new() })),
        Order::StartupLogs(answer) => drop(answer.send(b"logs\n".to_vec())),
        Order::Find(target, answer) => {
            let is_there = matches!(target, Target::Current | Target::Pid(77));
            drop(answer.send(is_there.then(|| found(None))));
        }
        Order::Connect(_, access, talk, answer) => {
            let (ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
            ours.set_nonblocking(true).unwrap();
            std::thread::spawn(move || {
                let mut asked = String::new();
                theirs.read_to_string(&mut asked).unwrap();
                let who = format!("{}{}", access.level.name(), if access.is_expert { "+e" } else { "" });
                theirs.write_all(format!("{who} {talk:?} {asked:?}\n\n").as_bytes()).unwrap();
            });
            drop(answer.send(Some(found(Some(ours.into())))));
        }
    }
}

/// What the master says to `text` when the user then closes its side.
fn talk_as(level: Level, text: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (sender, mut orders) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(order) = orders.recv().await {
                answer(order);
            }
        });
        let (mut ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        ours.write_all(text.as_bytes()).unwrap();
        ours.shutdown(std::net::Shutdown::Write).unwrap();
        theirs.set_nonblocking(true).unwrap();
        let stream = Stream::Unix(UnixStream::from_std(theirs).unwrap());
        let orders = Orders { sender, has_failed: Arc::new(AtomicBool::new(false)) };
        let process = Arc::new(Lab::new("").process);
        Interpreter::new(process, orders, Access::new(level)).converse(&stream).await.unwrap();
        drop(stream);
        let mut said = String::new();
        ours.read_to_string(&mut said).unwrap();
        said
    })
}

fn talk(text: &str) -> String {
    talk_as(Level::Admin, text)
}

#[test]
fn own_commands() {
    assert_eq!(talk("show proc\n"), "table Usual\n\n");
    assert_eq!(talk("show proc debug; show startup-logs\n"), "table Links\n\nlogs\n\n");
    assert_eq!(talk("_loadstatus\n"), "Success=1\n\n");
    assert_eq!(talk("show version\nshow version\n"), format!("{VERSION}\n\n{VERSION}\n\n"));
}

#[test]
fn a_reload_is_the_last_command() {
    assert_eq!(talk("reload; show proc\n"), "Success=1\n--\n[NOTICE] x\n\n");
    assert_eq!(talk("hard-reload\n"), "Success=0\n--\n[NOTICE] x\n\n");
}

#[test]
fn prefixes() {
    assert_eq!(talk("@1 show info\n"), "admin Once \"show info\\n\"\n\n");
    assert_eq!(talk("@1 a b\\;;@!77 c\n"), "admin Once \"a b\\\\;\\n\"\n\nadmin Once \"c\\n\"\n\n");
    assert_eq!(
        talk("@1; show info; @; show version\n"),
        format!("admin Once \" show info\\n\"\n\n{VERSION}\n\n")
    );
    assert_eq!(talk("@1\n"), "");
    assert_eq!(talk("@master show version\n"), format!("{VERSION}\n\n"));
    assert_eq!(talk("@7\nshow version\n"), "Can't find the target PID matching the prefix '@7'\n");
    assert_eq!(talk("@!78\n"), "Can't find the target PID matching the prefix '@!78'\n");
}

#[test]
fn payloads_reach_the_worker() {
    let text = "admin Once \"add map m <<%LOCKGATE-0%\\na b\\nc d\\n%LOCKGATE-0%\\n\"\n\n";
    assert_eq!(talk("@1 add map m <<\na b\nc d\n\n"), text);
}

#[test]
fn the_double_prefix_takes_the_rest() {
    assert_eq!(talk("@@1 show info; show stat\n"), "admin Once \"show info; show stat\\n\"\n\n");
    assert_eq!(talk("prompt\n@@1\nshow info\n"), "master> admin Prompt \"show info\\n\"\n\nmaster> ");
}

#[test]
fn levels_go_along() {
    assert_eq!(talk("operator; @1 x\n"), "operator Once \"x\\n\"\n\n");
    assert_eq!(talk("user; show proc; reload\n"), "Permission denied\n\nPermission denied\n\n");
    assert_eq!(talk_as(Level::User, "operator; show version\n"), "Permission denied!\n");
    assert_eq!(talk("@1; expert-mode on; debug dev log X\n"), "admin+e Once \" debug dev log X\\n\"\n\n");
}

#[test]
fn the_prompt_tells_where_one_is() {
    let text = talk("prompt\n@1\n@\nexpert-mode on\nexperimental-mode on\nmcli-debug-mode on\n@1\nquit\n");
    assert_eq!(text, "master> 77> master> master(e)> master(xe)> master(xed)> 77(xed)> ");
    assert!(talk("prompt timed\n").starts_with("[0:00:00:00] master> "));
    assert_eq!(talk("prompt timed\n@1\n").split_once("> ").unwrap().1, "[0:00:01:01] 77> ");
    assert!(talk("prompt help\n").starts_with("Usage: prompt"));
}

#[test]
fn commands_of_a_worker_are_for_debugging() {
    assert!(talk("show info\n").starts_with("Unknown command: 'show'"));
    assert!(talk("mcli-debug-mode on; show info\n").starts_with("Name: HAProxy\n"));
    assert!(talk("help\n").starts_with("The following commands are valid at this level:\n"));
    assert!(
        !talk("help\n").contains("show info") && talk("mcli-debug-mode on; help\n").contains("show info")
    );
}
