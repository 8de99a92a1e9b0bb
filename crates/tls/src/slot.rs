//! Where the context in use stands: a snapshot that can be replaced while connections come and go.

use std::sync::Arc;

use arc_swap::ArcSwap;

/// The context that new connections get. Those under way keep the one that they began with.
#[derive(Debug)]
pub struct Slot<T>(ArcSwap<T>);

impl<T> Slot<T> {
    /// With a context to begin with.
    #[must_use]
    pub fn new(context: Arc<T>) -> Self {
        Slot(ArcSwap::new(context))
    }

    /// The context in use now.
    #[must_use]
    pub fn current(&self) -> Arc<T> {
        self.0.load_full()
    }

    /// Puts another one in its place, and returns the one before.
    pub fn replace(&self, context: Arc<T>) -> Arc<T> {
        self.0.swap(context)
    }
}
