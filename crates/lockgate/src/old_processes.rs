//! The processes that this one replaces (`-sf`, `-st`): asked to let go of addresses while this one binds, and to end
//! once it is ready (management guide, chapter 4).

use rustix::process::{Pid, Signal, kill_process};

use crate::options::{Launch, Options};

/// The old processes, and how they are to end.
#[derive(Debug)]
pub(crate) struct OldProcesses {
    finish: Vec<Pid>,
    terminate: Vec<Pid>,
}

impl OldProcesses {
    /// Those of the command line. On a reload they are long gone, and the master sees to its workers.
    pub(crate) fn new(options: &Options) -> Self {
        if options.worker == Some(Launch::Reload) {
            return OldProcesses { finish: Vec::new(), terminate: Vec::new() };
        }
        let pids = |list: &[i32]| list.iter().filter_map(|pid| Pid::from_raw(*pid)).collect();
        OldProcesses { finish: pids(&options.finish_pids), terminate: pids(&options.terminate_pids) }
    }

    /// Asks all of them to pause listening. Returns how many still live.
    pub(crate) fn pause(&self) -> usize {
        send(&self.finish, Signal::TTOU) + send(&self.terminate, Signal::TTOU)
    }

    /// Asks all of them to go on: this process does not start after all.
    pub(crate) fn resume(&self) {
        send(&self.finish, Signal::TTIN);
        send(&self.terminate, Signal::TTIN);
    }

    /// Tells all of them to end, each in its way.
    pub(crate) fn end(&self) {
        send(&self.finish, Signal::USR1);
        send(&self.terminate, Signal::TERM);
    }
}

/// A process that is gone already needs no signal.
fn send(pids: &[Pid], signal: Signal) -> usize {
    pids.iter().filter(|pid| kill_process(**pid, signal).is_ok()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_that_are_gone_do_not_count() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        child.wait().unwrap();
        let options = Options { finish_pids: vec![pid], ..Options::default() };
        assert_eq!(OldProcesses::new(&options).pause(), 0);
    }
}
