//! A hold on one entry of a table, and everything that is counted in it.

use std::cell::Cell as Flag;
use std::fmt;
use std::sync::Arc;

use base::clock::{self, Millis};

use super::data::{Cell, DataType};
use super::freq::FreqCtr;
use super::key::Key;
use super::shard::Entry;
use super::store::Table;
use crate::value::Value;

/// An entry that is held: it neither ends nor makes room for others until this is dropped.
///
/// What [`Tracked::start`] counted as a current connection is taken back when it is dropped.
pub struct Tracked {
    table: Arc<Table>,
    entry: Arc<Entry>,
    counted: Flag<bool>,
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

/// The array's element that stands in for a counter or tag with a name of its own.
fn stand_in(data: DataType) -> Option<(DataType, usize)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "five of all types have a stand-in, and no more will")]
    match data {
        DataType::Gpt0 => Some((DataType::Gpt, 0)),
        DataType::Gpc0 => Some((DataType::Gpc, 0)),
        DataType::Gpc1 => Some((DataType::Gpc, 1)),
        DataType::Gpc0Rate => Some((DataType::GpcRate, 0)),
        DataType::Gpc1Rate => Some((DataType::GpcRate, 1)),
        _ => None,
    }
}

fn add_to(cell: &mut Cell, n: u64, now: Millis, period_ms: u32) -> i64 {
    // Counters are as wide as on other nodes, and wrap.
    let low = u32::try_from(n & 0xffff_ffff).unwrap_or(0);
    match cell {
        Cell::Signed(have) => {
            *have = have.wrapping_add_unsigned(low);
            i64::from(*have)
        }
        Cell::Unsigned(have) => {
            *have = have.wrapping_add(low);
            i64::from(*have)
        }
        Cell::Long(have) => {
            *have = have.wrapping_add(n);
            i64::try_from(*have).unwrap_or(i64::MAX)
        }
        Cell::Rate(rate) => i64::from(rate.add(u32::try_from(n).unwrap_or(u32::MAX), now.0, period_ms)),
        Cell::Text(_) => 0,
    }
}

impl fmt::Debug for Tracked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracked")
            .field("table", &self.table.name())
            .field("key", &base::Lossy(self.entry.key.as_bytes()))
            .field("counted", &self.counted)
            .finish_non_exhaustive()
    }
}

impl Tracked {
    /// Takes over a reference that was counted under the shard's lock.
    pub(super) fn new(table: Arc<Table>, entry: Arc<Entry>) -> Self {
        Tracked { table, entry, counted: Flag::new(false), released: false }
    }

    /// The table it belongs to.
    #[must_use]
    pub fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.entry.key
    }

    /// Its key as a sample.
    #[must_use]
    pub fn key_value(&self) -> Value<'_> {
        self.table.spec().key.value(self.entry.key.as_bytes())
    }

    /// How many hold it, this one included.
    #[must_use]
    pub fn uses(&self) -> u32 {
        self.entry.uses()
    }

    /// A number that tells entries apart while they live.
    #[must_use]
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.entry).addr()
    }

    /// Milliseconds until it ends if nothing touches it; 0 in a table without `expire`.
    #[must_use]
    pub fn expires_in(&self, now: Millis) -> u64 {
        if self.table.has_ended(&self.entry, now) {
            self.table.renew(&self.entry, now);
        }
        self.entry.deadline().since(now)
    }

    /// Milliseconds since it was last touched.
    #[must_use]
    pub fn idle(&self, now: Millis) -> u64 {
        self.table.deadline(now).since(Millis(now.0 + self.expires_in(now)))
    }

    /// Puts its end off to a full life from `now` on.
    pub fn touch(&self, now: Millis) {
        self.entry.put_off(self.table.deadline(now));
    }

    /// Counts a connection that goes on until this is dropped, or stopped: `conn_cnt`, `conn_rate`, `conn_cur`.
    pub fn start(&self, now: Millis) {
        self.change(now, |entry| {
            if !self.counted.replace(true) {
                entry.add(DataType::ConnCur, 0, 1);
            }
            entry.add(DataType::ConnCnt, 0, 1);
            entry.add(DataType::ConnRate, 0, 1);
        });
        self.touch(now);
    }

    /// The connection that [`Tracked::start`] counted is over.
    pub fn stop(&self, now: Millis) {
        if !self.counted.replace(false) {
            return;
        }
        self.change(now, |entry| {
            // An operator may have set it to less than what is under way.
            if entry.get(DataType::ConnCur, 0).is_some_and(|n| n > 0) {
                entry.add(DataType::ConnCur, 0, u64::from(u32::MAX));
            }
        });
    }

    /// Lets go of it at `now`; dropping does the same and has to read the clock.
    pub fn release(mut self, now: Millis) {
        self.finish(now);
    }

    /// Element `index` of `data`: a count, or events per period for rates. Where an array is stored instead of
    /// `gpc0`, `gpc1`, `gpt0` or their rates, its element is meant. `None` if the table does not store it.
    #[must_use]
    pub fn get(&self, data: DataType, index: usize, now: Millis) -> Option<i64> {
        Open { table: &self.table, cells: &mut self.entry.cells.lock(), now, changed: false }.get(data, index)
    }

    /// Adds `n` to element `index` of `data`, which for rates means `n` events. Returns the new count, for rates that
    /// of the running period; `None` if the table does not store it.
    pub fn add(&self, data: DataType, index: usize, n: u64, now: Millis) -> Option<i64> {
        self.change(now, |entry| entry.add(data, index, n))
    }

    /// Replaces element `index` of `data`; a rate will show `value` for one period and then fade.
    ///
    /// # Errors
    /// [`SetError`].
    pub fn set(&self, data: DataType, index: usize, value: i64, now: Millis) -> Result<(), SetError> {
        self.change(now, |entry| entry.set(data, index, value)).ok_or(if self.table.stores(data, 0) {
            SetError::Index
        } else {
            SetError::NotStored
        })
    }

    /// The name or address of the server that `server_key` holds.
    #[must_use]
    pub fn server_key(&self) -> Option<Arc<[u8]>> {
        let (at, _) = self.table.layout.find(DataType::ServerKey, 0)?;
        match &self.entry.cells.lock()[at] {
            Cell::Text(text) => text.clone(),
            Cell::Signed(_) | Cell::Unsigned(_) | Cell::Long(_) | Cell::Rate(_) => None,
        }
    }

    /// Replaces `server_key`, if the table stores it.
    pub fn set_server_key(&self, key: Option<Arc<[u8]>>, now: Millis) {
        if let Some((at, _)) = self.table.layout.find(DataType::ServerKey, 0) {
            self.entry.cells.lock()[at] = Cell::Text(key);
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
        self.change(now, |entry| {
            let rate = entry.add(rate, index, n);
            entry.add(counter, index, n).or(rate)
        })
    }

    /// Sets a general-purpose counter to 0 and returns what it was; `None` if it is not stored.
    pub fn clear_gpc(&self, which: Gpc, now: Millis) -> Option<i64> {
        let (data, index) = which.counter();
        self.change(now, |entry| {
            let before = entry.get(data, index)?;
            entry.set(data, index, 0).map(|()| before)
        })
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
        self.change(now, |entry| {
            entry.add(counter, 0, n);
            entry.add(rate, 0, n);
        });
    }

    /// Changes cells under the entry's lock, and touches it if anything was stored.
    fn change<R>(&self, now: Millis, change: impl FnOnce(&mut Open<'_>) -> R) -> R {
        let mut cells = self.entry.cells.lock();
        let mut open = Open { table: &self.table, cells: &mut cells, now, changed: false };
        let result = change(&mut open);
        let changed = open.changed;
        drop(cells);
        if changed {
            self.touch(now);
        }
        result
    }

    /// Copies what both tables store, current connections excepted, and the end.
    pub(super) fn copy_from(&self, other: &Tracked) {
        let from = other.entry.cells.lock().clone();
        let mut to = self.entry.cells.lock();
        for stored in self.table.spec().stored.iter().filter(|stored| !stored.data.is_local()) {
            for index in 0..usize::from(stored.count) {
                let places =
                    (self.table.layout.find(stored.data, index), other.table.layout.find(stored.data, index));
                if let (Some((here, period)), Some((there, old_period))) = places
                    && period == old_period
                {
                    to[here] = from[there].clone();
                }
            }
        }
    }

    fn finish(&mut self, now: Millis) {
        if std::mem::replace(&mut self.released, true) {
            return;
        }
        self.stop(now);
        if self.table.has_ended(&self.entry, now) {
            self.table.renew(&self.entry, now);
        }
        self.entry.release();
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        if !self.released {
            self.finish(clock::now());
        }
    }
}

/// An entry's cells under its lock.
struct Open<'a> {
    table: &'a Table,
    cells: &'a mut [Cell],
    now: Millis,
    changed: bool,
}

impl Open<'_> {
    fn find(&self, data: DataType, index: usize) -> Option<(usize, u32)> {
        self.table.layout.find(data, index).or_else(|| {
            let (array, index) = stand_in(data)?;
            self.table.layout.find(array, index)
        })
    }

    fn get(&self, data: DataType, index: usize) -> Option<i64> {
        let (at, period_ms) = self.find(data, index)?;
        Some(match &self.cells[at] {
            Cell::Signed(n) => i64::from(*n),
            Cell::Unsigned(n) => i64::from(*n),
            Cell::Long(n) => i64::try_from(*n).unwrap_or(i64::MAX),
            Cell::Rate(rate) => i64::from(rate.read(self.now.0, period_ms)) * i64::from(self.unit(data)),
            Cell::Text(_) => return None,
        })
    }

    fn add(&mut self, data: DataType, index: usize, n: u64) -> Option<i64> {
        let (at, period_ms) = self.find(data, index)?;
        let units = n.div_ceil(u64::from(self.unit(data)));
        self.changed = true;
        Some(add_to(&mut self.cells[at], units, self.now, period_ms))
    }

    fn set(&mut self, data: DataType, index: usize, value: i64) -> Option<()> {
        let (at, _) = self.find(data, index)?;
        let low = u32::try_from(value & 0xffff_ffff).unwrap_or(0);
        self.cells[at] = match &self.cells[at] {
            Cell::Signed(_) => Cell::Signed(low.cast_signed()),
            Cell::Unsigned(_) => Cell::Unsigned(low),
            Cell::Long(_) => Cell::Long(value.cast_unsigned()),
            Cell::Rate(_) => Cell::Rate(FreqCtr::at(low, self.now.0)),
            Cell::Text(_) => return None,
        };
        self.changed = true;
        Some(())
    }

    fn unit(&self, data: DataType) -> u32 {
        if data.is_byte_rate() { self.table.spec().brates_factor.max(1) } else { 1 }
    }
}
