//! Whole programs: how long they take to check a configuration with large maps, and what memory a stick table takes
//! that is filled through the runtime API.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::maps::{address, hosts, networks};
use crate::{ENTRIES, Trouble, tell};

/// How long a program may take to start or to end.
const LIMIT: Duration = Duration::from_secs(30);
/// Keys of one command line, so that a line stays below 16 KiB.
const KEYS_PER_LINE: u32 = 100;

/// Measures each of the programs.
pub(crate) fn measure(programs: &[(String, PathBuf)]) -> Result<(), Trouble> {
    let directory = tempfile::tempdir().map_err(Trouble::of("a temporary directory"))?;
    let directory = directory.path();
    write(&directory.join("hosts.map"), &hosts())?;
    write(&directory.join("networks.map"), &networks())?;
    for map in ["hosts", "networks"] {
        let converter = if map == "hosts" { "path,map_str" } else { "src,map_ip" };
        let file = directory.join(format!("{map}.map"));
        let rule = format!("http-request set-header X %[{converter}({})]", file.display());
        let cfg = directory.join(format!("{map}.cfg"));
        write(&cfg, &format!("frontend f\n mode http\n timeout client 5s\n bind 127.0.0.1:8080\n {rule}\n"))?;
        for (name, binary) in programs {
            let seconds = check(binary, &cfg)?;
            tell(&format!("{name}: -c with a map of {ENTRIES} {map}"), format!("{seconds:.2}"), "s");
        }
    }
    for (name, binary) in programs {
        let (empty, full) = fill(binary, directory)?;
        tell(&format!("{name}: resident with an empty table"), empty >> 20, "MiB");
        tell(&format!("{name}: resident with {ENTRIES} entries"), full >> 20, "MiB");
        tell(&format!("{name}: resident memory an entry"), (full - empty) / u64::from(ENTRIES), "B");
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), Trouble> {
    fs::write(file, text).map_err(Trouble::of("a file"))
}

/// Seconds that `-c` takes.
fn check(binary: &Path, cfg: &Path) -> Result<f64, Trouble> {
    let began = Instant::now();
    let mut command = Command::new(binary);
    command.args(["-c", "-f"]).arg(cfg).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().map_err(Trouble::of("a program"))?;
    let seconds = began.elapsed().as_secs_f64();
    if status.success() { Ok(seconds) } else { Err(Trouble(format!("{}: -c fails", binary.display()))) }
}

/// A process that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let began = Instant::now();
        if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
        while matches!(self.0.try_wait(), Ok(None)) && began.elapsed() < LIMIT {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Resident bytes before and after a million entries are set.
fn fill(binary: &Path, directory: &Path) -> Result<(u64, u64), Trouble> {
    let socket = directory.join("stats.sock");
    let cfg = directory.join("table.cfg");
    write(
        &cfg,
        &format!(
            "global\n nbthread 1\n stats socket {} level admin\n stats timeout 60s\n\
             backend t\n stick-table type ip size {ENTRIES} expire 1h store http_req_rate(10s),conn_cur\n",
            socket.display()
        ),
    )?;
    let mut command = Command::new(binary);
    command.args(["-db", "-f"]).arg(&cfg).stdout(Stdio::null()).stderr(Stdio::null());
    let program = Running(command.spawn().map_err(Trouble::of("a program"))?);
    let mut stream = connect(&socket)?;
    let empty = resident_bytes(program.0.id());
    let mut answers = BufReader::new(stream.try_clone().map_err(Trouble::of("the socket"))?);
    let ask = |stream: &mut UnixStream, line: &str| {
        stream.write_all(line.as_bytes()).map_err(Trouble::of("the runtime API"))
    };
    ask(&mut stream, "prompt\n")?;
    for first in (0..ENTRIES).step_by(KEYS_PER_LINE as usize) {
        let keys = first..first + KEYS_PER_LINE;
        let sets: Vec<String> =
            keys.map(|n| format!("set table t key {} data.http_req_rate 1", address(n))).collect();
        ask(&mut stream, &format!("{}\n", sets.join(";")))?;
        // The prompt follows each line of commands: the program is never ahead by more than one.
        let mut prompt = Vec::new();
        answers.read_until(b'>', &mut prompt).map_err(Trouble::of("the runtime API"))?;
    }
    ask(&mut stream, "show table\n")?;
    let wanted = format!("used:{ENTRIES}");
    let mut line = String::new();
    while !line.contains("# table") {
        line.clear();
        if answers.read_line(&mut line).map_err(Trouble::of("the runtime API"))? == 0 {
            break;
        }
    }
    if !line.contains(&wanted) {
        return Err(Trouble(format!("{}: {wanted} expected, got {line}", binary.display())));
    }
    Ok((empty, resident_bytes(program.0.id())))
}

fn connect(socket: &Path) -> Result<UnixStream, Trouble> {
    let began = Instant::now();
    loop {
        match UnixStream::connect(socket) {
            Ok(stream) => {
                stream.set_read_timeout(Some(LIMIT)).map_err(Trouble::of("the socket"))?;
                return Ok(stream);
            }
            Err(error) if began.elapsed() > LIMIT => return Err(Trouble(format!("the socket: {error}"))),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Resident memory of a process.
pub(crate) fn resident_bytes(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}
