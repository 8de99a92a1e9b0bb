//! A hold on one entry of a table, and everything that is counted in it.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use base::clock::{self, Millis};

use super::data::DataType;
use super::entry::Entry;
use super::key::Key;
use super::recent::Seat;
use super::shape::Shape;
use crate::value::Value;

/// An entry that is held: it neither ends nor makes room for others until this is dropped.
///
/// What [`Tracked::start`] counted as a current connection is taken back when it is dropped.
pub struct Tracked {
    seat: Rc<Seat>,
    counted: Cell<bool>,
    released: bool,
}

/// Why a value could not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The table does not store this.
    #[error("Data type not stored in this table")]
    NotStored,
    /// The array is shorter.
    #[error("index out of range in this data array")]
    Index,
}

/// Which general-purpose counter is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gpc {
    /// `gpc0`, or element 0 where an array is stored instead.
    Zero,
    /// `gpc1`, or element 1 where an array is stored instead.
    One,
    /// An element of the array.
    Element(usize),
}

impl Gpc {
    fn counter(self) -> (DataType, usize) {
        match self {
            Gpc::Zero => (DataType::Gpc0, 0),
            Gpc::One => (DataType::Gpc1, 0),
            Gpc::Element(index) => (DataType::Gpc, index),
        }
    }

    fn rate(self) -> (DataType, usize) {
        match self {
            Gpc::Zero => (DataType::Gpc0Rate, 0),
            Gpc::One => (DataType::Gpc1Rate, 0),
            Gpc::Element(index) => (DataType::GpcRate, index),
        }
    }
}

impl fmt::Debug for Tracked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracked")
            .field("table", &self.table().name())
            .field("key", &base::Lossy(self.key().as_bytes()))
            .field("counted", &self.counted)
            .finish_non_exhaustive()
    }
}

impl Tracked {
    /// Takes over a reference that was taken before.
    pub(super) fn new(seat: Rc<Seat>) -> Self {
        Tracked { seat, counted: Cell::new(false), released: false }
    }

    fn entry(&self) -> &Entry {
        &self.seat.entry
    }

    /// The table it belongs to, apart from its entries.
    #[must_use]
    pub fn table(&self) -> &Shape {
        &self.entry().shape
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.entry().key
    }

    /// Its key as a sample.
    #[must_use]
    pub fn key_value(&self) -> Value<'_> {
        self.table().spec().key.value(self.key().as_bytes())
    }

    /// How many hold it, this one included.
    #[must_use]
    pub fn uses(&self) -> u32 {
        self.entry().uses()
    }

    /// A number that tells entries apart while they live.
    #[must_use]
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.seat.entry).addr()
    }

    /// Milliseconds until it ends if nothing touches it; 0 in a table without `expire`.
    #[must_use]
    pub fn expires_in(&self, now: Millis) -> u64 {
        if self.entry().has_ended(now) {
            self.entry().renew(now);
        }
        self.entry().deadline().since(now)
    }

    /// Milliseconds since it was last touched.
    #[must_use]
    pub fn idle(&self, now: Millis) -> u64 {
        self.table().deadline(now).since(Millis(now.0 + self.expires_in(now)))
    }

    /// Puts its end off to a full life from `now` on.
    pub fn touch(&self, now: Millis) {
        self.entry().put_off(self.table().deadline(now));
    }

    /// Counts a connection that goes on until this is dropped, or stopped: `conn_cnt`, `conn_rate`, `conn_cur`.
    pub fn start(&self, now: Millis) {
        if !self.counted.replace(true) {
            self.entry().add(DataType::ConnCur, 0, 1, now);
        }
        self.entry().add(DataType::ConnCnt, 0, 1, now);
        self.entry().add(DataType::ConnRate, 0, 1, now);
        self.touch(now);
    }

    /// The connection that [`Tracked::start`] counted is over.
    pub fn stop(&self, now: Millis) {
        if self.counted.replace(false) && self.table().stores(DataType::ConnCur, 0) {
            // An operator may have set it to less than what is under way.
            self.entry().take_connection();
            self.touch(now);
        }
    }

    /// Lets go of it at `now`; dropping does the same and has to read the clock.
    pub fn release(mut self, now: Millis) {
        self.finish(now);
    }

    /// Element `index` of `data`: a count, or events per period for rates. Where an array is stored instead of
    /// `gpc0`, `gpc1`, `gpt0` or their rates, its element is meant. `None` if the table does not store it.
    #[must_use]
    pub fn get(&self, data: DataType, index: usize, now: Millis) -> Option<i64> {
        self.entry().get(data, index, now)
    }

    /// Adds `n` to element `index` of `data`, which for rates means `n` events. Returns the new count, for rates that
    /// of the running period; `None` if the table does not store it.
    pub fn add(&self, data: DataType, index: usize, n: u64, now: Millis) -> Option<i64> {
        let count = self.entry().add(data, index, n, now)?;
        self.touch(now);
        Some(count)
    }

    /// By how much rate `data` is ahead of an even flow of `limit` per period, in the running period; 0 where it is not, or
    /// is not stored. Bytes of byte rates count as they are, whatever `brates-factor` says.
    #[must_use]
    pub fn ahead(&self, data: DataType, limit: u64, now: Millis) -> u64 {
        self.entry().ahead(data, limit, now).unwrap_or(0)
    }

    /// Replaces element `index` of `data`; a rate will show `value` for one period and then fade.
    ///
    /// # Errors
    /// [`SetError`].
    pub fn set(&self, data: DataType, index: usize, value: i64, now: Millis) -> Result<(), SetError> {
        if self.entry().set(data, index, value, now).is_some() {
            self.touch(now);
            return Ok(());
        }
        Err(if self.table().stores(data, 0) { SetError::Index } else { SetError::NotStored })
    }

    /// The name or address of the server that `server_key` holds.
    #[must_use]
    pub fn server_key(&self) -> Option<Arc<[u8]>> {
        self.entry().server_key()
    }

    /// Replaces `server_key`, if the table stores it.
    pub fn set_server_key(&self, key: Option<Arc<[u8]>>, now: Millis) {
        if self.table().stores(DataType::ServerKey, 0) {
            self.entry().set_server_key(key);
            self.touch(now);
        }
    }

    /// Counts an accepted session.
    pub fn count_session(&self, now: Millis) {
        self.count((DataType::SessCnt, DataType::SessRate), 1, now);
    }

    /// Counts an HTTP request.
    pub fn count_http_request(&self, now: Millis) {
        self.count((DataType::HttpReqCnt, DataType::HttpReqRate), 1, now);
    }

    /// Counts an error that the client caused.
    pub fn count_http_error(&self, now: Millis) {
        self.count((DataType::HttpErrCnt, DataType::HttpErrRate), 1, now);
    }

    /// Counts a failure that the server caused.
    pub fn count_http_failure(&self, now: Millis) {
        self.count((DataType::HttpFailCnt, DataType::HttpFailRate), 1, now);
    }

    /// Counts bytes from the client.
    pub fn count_bytes_in(&self, bytes: u64, now: Millis) {
        self.count((DataType::BytesInCnt, DataType::BytesInRate), bytes, now);
    }

    /// Counts bytes to the client.
    pub fn count_bytes_out(&self, bytes: u64, now: Millis) {
        self.count((DataType::BytesOutCnt, DataType::BytesOutRate), bytes, now);
    }

    /// Counts protocol glitches.
    pub fn count_glitches(&self, n: u64, now: Millis) {
        self.count((DataType::GlitchCnt, DataType::GlitchRate), n, now);
    }

    /// Adds `n` to a general-purpose counter and to its rate, whichever are stored. Returns the counter, or the
    /// running period's count where only the rate is stored; `None` if neither is.
    pub fn count_gpc(&self, which: Gpc, n: u64, now: Millis) -> Option<i64> {
        let ((counter, index), (rate, _)) = (which.counter(), which.rate());
        let rate = self.add(rate, index, n, now);
        self.add(counter, index, n, now).or(rate)
    }

    /// Sets a general-purpose counter to 0 and returns what it was; `None` if it is not stored.
    pub fn clear_gpc(&self, which: Gpc, now: Millis) -> Option<i64> {
        let (data, index) = which.counter();
        let before = self.entry().set(data, index, 0, now)?;
        self.touch(now);
        Some(before)
    }

    /// A general-purpose counter; `None` if it is not stored.
    #[must_use]
    pub fn gpc(&self, which: Gpc, now: Millis) -> Option<i64> {
        let (data, index) = which.counter();
        self.get(data, index, now)
    }

    /// A general-purpose counter's increments per period; `None` if they are not stored.
    #[must_use]
    pub fn gpc_rate(&self, which: Gpc, now: Millis) -> Option<i64> {
        let (data, index) = which.rate();
        self.get(data, index, now)
    }

    fn count(&self, (counter, rate): (DataType, DataType), n: u64, now: Millis) {
        self.add(counter, 0, n, now);
        self.add(rate, 0, n, now);
    }

    /// Copies what both tables store, current connections excepted.
    pub(super) fn copy_from(&self, other: &Tracked) {
        self.entry().copy_from(other.entry());
    }

    fn finish(&mut self, now: Millis) {
        if std::mem::replace(&mut self.released, true) {
            return;
        }
        self.stop(now);
        if self.entry().has_ended(now) {
            self.entry().renew(now);
        }
        self.entry().release();
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        if !self.released {
            self.finish(clock::now());
        }
    }
}
