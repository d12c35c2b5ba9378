//! Random bytes for ids, of which every request needs some. The system is asked for many at a time:
//! a call for each id was a third of all calls that a proxied request makes.
//!
//! Not for secrets: what lies in stock is readable to whoever reads the memory of the process.

use std::cell::RefCell;

const STOCK_BYTES: usize = 1024;

thread_local! {
    static STOCK: RefCell<Stock> = const { RefCell::new(Stock::EMPTY) };
}

/// So many bytes that nobody else was given; `None` when the system has none.
pub(crate) fn roll<const N: usize>() -> Option<[u8; N]> {
    STOCK.try_with(|stock| stock.try_borrow_mut().ok()?.take()).ok()?
}

struct Stock {
    bytes: [u8; STOCK_BYTES],
    used: usize,
}

impl Stock {
    const EMPTY: Self = Self { bytes: [0; STOCK_BYTES], used: STOCK_BYTES };

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        if STOCK_BYTES.saturating_sub(self.used) < N {
            self.used = STOCK_BYTES;
            getrandom::fill(&mut self.bytes).ok()?;
            self.used = 0;
        }
        let taken = self.bytes.get(self.used..)?.first_chunk().copied()?;
        self.used = self.used.saturating_add(N);
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_stock_that_is_used_up_is_filled_with_others() {
        // Of a size that leaves some bytes over each time.
        let rolled: Vec<[u8; 11]> = (0..1000).map(|_| roll().unwrap()).collect();
        let different: HashSet<_> = rolled.iter().collect();
        assert_eq!(different.len(), rolled.len());
    }

    #[test]
    fn each_byte_is_given_once() {
        let bytes = std::array::from_fn(|at| u8::try_from(at % 256).unwrap());
        let mut stock = Stock { bytes, used: 0 };
        assert_eq!((stock.take(), stock.take()), (Some([0, 1, 2]), Some([3, 4])));
    }

    #[test]
    fn more_than_a_stock_is_not_to_be_had() {
        assert_eq!(roll::<{ STOCK_BYTES + 1 }>(), None);
        assert!(roll::<STOCK_BYTES>().is_some());
    }
}
