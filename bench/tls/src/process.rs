//! Processes: started on their CPU, measured by what the kernel says of them, ended by their id.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal};
use rustix::thread::CpuSet;

use crate::Trouble;

/// How long a program may take to end when it is asked to.
const END_LIMIT: Duration = Duration::from_secs(5);
/// How often something that takes milliseconds is looked at.
const LOOK: Duration = Duration::from_millis(1);

/// Readies this process to be the load: on its CPU, with as many descriptors as it may have.
pub(crate) fn prepare(cpu: usize) -> Result<(), Trouble> {
    let mut cpus = CpuSet::new();
    cpus.set(cpu);
    rustix::thread::sched_setaffinity(None, &cpus).map_err(Trouble::of("--load-cpu"))?;
    let Rlimit { maximum, .. } = rustix::process::getrlimit(Resource::Nofile);
    rustix::process::setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        .map_err(Trouble::of("limit of open files"))
}

/// A TCP port of the loopback that nobody listens on.
pub(crate) fn free_port() -> Result<u16, Trouble> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(Trouble::of("a port"))?;
    listener.local_addr().map(|address| address.port()).map_err(Trouble::of("a port"))
}

/// A command that will run on this CPU.
pub(crate) fn pinned(cpu: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(cpu.to_string()).arg(program);
    command
}

/// Runs a command to its end, at most `limit`; its output goes to `output`. How long it took and how it ended.
pub(crate) fn run(
    command: &mut Command,
    output: &Path,
    limit: Duration,
) -> Result<(Duration, bool), Trouble> {
    let began = Instant::now();
    let mut child = Running::start(command, output)?;
    loop {
        let ended = child.child.try_wait().map_err(Trouble::of("waiting"))?;
        if let Some(status) = ended {
            return Ok((began.elapsed(), status.success()));
        }
        if began.elapsed() > limit {
            return Err(Trouble::Failed(format!("takes more than {} s", limit.as_secs())));
        }
        std::thread::sleep(LOOK);
    }
}

/// The last line that a program wrote, to name what it did not like.
pub(crate) fn last_words(output: &Path) -> String {
    let text = fs::read(output).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let said = text.lines().rev().find(|line| line.contains("ALERT") || line.contains("emerg"));
    said.or_else(|| text.lines().last()).unwrap_or("says nothing").chars().take(300).collect()
}

/// A process that ends with this value.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    /// Starts it; both its outputs go to `output`.
    pub(crate) fn start(command: &mut Command, output: &Path) -> Result<Running, Trouble> {
        let stdout = File::create(output).map_err(Trouble::of("a log file"))?;
        let stderr = stdout.try_clone().map_err(Trouble::of("a log file"))?;
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        let child = command.spawn().map_err(Trouble::of("taskset"))?;
        Ok(Running { child })
    }

    /// Waits until it takes connections; the first one is not used. A program that ends cannot do what it is told.
    pub(crate) fn await_port(&mut self, port: u16, output: &Path, limit: Duration) -> Result<(), Trouble> {
        let began = Instant::now();
        while TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_err() {
            if !self.is_alive() {
                return Err(Trouble::Unsupported(last_words(output)));
            }
            if began.elapsed() > limit {
                return Err(Trouble::Failed(format!("not ready after {} s", limit.as_secs())));
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// CPU time of its threads and its children's, in nanoseconds, by the scheduler's count.
    pub(crate) fn cpu_ns(&self) -> u64 {
        family(self.child.id()).into_iter().map(cpu_ns).sum()
    }

    /// Resident memory, its children's included.
    pub(crate) fn resident_bytes(&self) -> u64 {
        family(self.child.id()).into_iter().map(resident_bytes).sum()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let began = Instant::now();
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
            && self.is_alive()
        {
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
        while self.is_alive() && began.elapsed() < END_LIMIT {
            std::thread::sleep(LOOK);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process and those that it started, and theirs.
fn family(pid: u32) -> Vec<u32> {
    let parents = processes();
    let mut family = vec![pid];
    let mut position = 0;
    while position < family.len() {
        let parent = family[position];
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        position += 1;
    }
    family
}

/// Each process and its parent.
fn processes() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, parent(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?)))
        .collect()
}

/// The parent in a line of `/proc/PID/stat`. The name before it stands in brackets and may hold anything.
fn parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn cpu_ns(pid: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let times = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    times.sum()
}

fn resident_bytes(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Time that a CPU has been busy with anything, a hypervisor's other guests included.
pub(crate) fn busy_ns(cpu: usize) -> u64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let name = format!("cpu{cpu} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or_default();
    let ticks: Vec<u64> = line.split_whitespace().filter_map(|ticks| ticks.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal; ticks of 10 ms.
    [0, 1, 2, 5, 6, 7].iter().filter_map(|position| ticks.get(*position)).sum::<u64>() * 10_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_brackets() {
        assert_eq!(parent("17 (a) S 9) R 42 17 17 0"), Some(42));
        assert_eq!(parent("17"), None);
    }

    #[test]
    fn this_process_is_seen() {
        let own = std::process::id();
        assert!(resident_bytes(own) > 0);
        assert!(family(own).contains(&own));
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        assert!(family(own).contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
