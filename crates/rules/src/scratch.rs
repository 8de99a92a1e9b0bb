//! One buffer for each thread to render into, so that rules need not allocate one each time they run.

use std::cell::Cell;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Kept between uses; a buffer that grew beyond is given back.
const SCRATCH_BYTES_MAX: usize = 64 * 1024;

/// Runs `work` with an empty buffer. Within another's work it is a new one.
pub(crate) fn with_scratch<R>(work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let mut buffer = SCRATCH.take();
    buffer.clear();
    let result = work(&mut buffer);
    if buffer.capacity() <= SCRATCH_BYTES_MAX {
        SCRATCH.set(buffer);
    }
    result
}
