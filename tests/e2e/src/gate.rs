//! A gate that one thread opens and others wait at: how a test decides when a scripted server goes on.

use std::sync::{Arc, Condvar, Mutex};

use crate::DEADLINE;

/// Closed at first; once open it stays open. Clones are the same gate.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets everyone through, those who come later included.
    ///
    /// # Panics
    /// If a thread panicked while it held the gate.
    pub fn open(&self) {
        *self.0.0.lock().expect("no thread panics while it holds the gate") = true;
        self.0.1.notify_all();
    }

    /// Waits until the gate is open, or for [`DEADLINE`].
    ///
    /// # Panics
    /// If the gate is still closed at the deadline.
    pub fn wait(&self) {
        let guard = self.0.0.lock().expect("no thread panics while it holds the gate");
        let (is_open, _) = self
            .0
            .1
            .wait_timeout_while(guard, DEADLINE, |is_open| !*is_open)
            .expect("no thread panics while it holds the gate");
        assert!(*is_open, "nobody opened the gate");
    }
}
