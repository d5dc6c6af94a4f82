//! A lock for processes that share a socket after `fork`, so that their messages are not mixed.

/// A lock for writing, shared with all processes forked after its creation.
#[derive(Debug)]
pub(super) struct Shared(imp::Shared);

impl Shared {
    /// Creates a lock. `None` on systems without such locks.
    pub(super) fn new() -> Option<Shared> {
        imp::Shared::new().map(Shared)
    }

    /// Runs `f` while holding the lock.
    pub(super) fn locked<T>(&self, f: impl FnOnce() -> T) -> T {
        self.0.lock();
        let result = f();
        self.0.unlock();
        result
    }
}

#[cfg(target_os = "linux")]
mod imp {
    use std::ptr::{self, NonNull};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use libc::{pthread_mutex_t, pthread_mutexattr_t};

    /// As many mutexes as fit a page. Connections with the same mutex only wait for each other's
    /// writes.
    const MUTEXES: usize = 4096 / size_of::<pthread_mutex_t>();

    /// A mutex in memory that is shared after `fork`. It is released when a process that holds it
    /// ends.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct Shared(NonNull<pthread_mutex_t>);

    // SAFETY: all threads may use a mutex.
    unsafe impl Send for Shared {}
    // SAFETY: all threads may use a mutex.
    unsafe impl Sync for Shared {}

    /// The mutexes of this process and of those that it was forked from.
    static ALL: OnceLock<Vec<Shared>> = OnceLock::new();

    impl Shared {
        pub(super) fn new() -> Option<Shared> {
            static NEXT: AtomicUsize = AtomicUsize::new(0);
            let all = ALL.get_or_init(Shared::all);
            let next = NEXT.fetch_add(1, Ordering::Relaxed);
            all.get(next % MUTEXES).copied()
        }

        /// Creates all mutexes, or none if shared memory is not available. They are never
        /// destroyed, because other processes may still use them.
        fn all() -> Vec<Shared> {
            let (access, kind) =
                (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
            let size = MUTEXES * size_of::<pthread_mutex_t>();
            // SAFETY: new memory without other references.
            let memory = unsafe { libc::mmap(ptr::null_mut(), size, access, kind, -1, 0) };
            if memory == libc::MAP_FAILED {
                return Vec::new();
            }
            let first = memory.cast::<pthread_mutex_t>();
            // SAFETY: the memory has room for all of them.
            let all = (0..MUTEXES).map(|at| unsafe { Shared::initialized(first.add(at)) });
            all.collect::<Option<_>>().unwrap_or_default()
        }

        /// Initializes a mutex.
        ///
        /// # Safety
        /// The pointer is null, or points to unused memory for a mutex.
        unsafe fn initialized(mutex: *mut pthread_mutex_t) -> Option<Shared> {
            let mutex = NonNull::new(mutex)?;
            // SAFETY: zero is a valid attribute object to initialize.
            let mut attributes: pthread_mutexattr_t = unsafe { std::mem::zeroed() };
            // SAFETY: the attributes are initialized first, and the memory is for a mutex.
            unsafe {
                libc::pthread_mutexattr_init(&raw mut attributes);
                let shared = libc::PTHREAD_PROCESS_SHARED;
                libc::pthread_mutexattr_setpshared(&raw mut attributes, shared);
                let robust = libc::PTHREAD_MUTEX_ROBUST;
                libc::pthread_mutexattr_setrobust(&raw mut attributes, robust);
                libc::pthread_mutex_init(mutex.as_ptr(), &raw const attributes);
                libc::pthread_mutexattr_destroy(&raw mut attributes);
            }
            Some(Shared(mutex))
        }

        pub(super) fn lock(&self) {
            // SAFETY: the mutex is initialized.
            unsafe {
                // The ended process may have written a partial message. That cannot be repaired
                // here.
                if libc::pthread_mutex_lock(self.0.as_ptr()) == libc::EOWNERDEAD {
                    libc::pthread_mutex_consistent(self.0.as_ptr());
                }
            }
        }

        pub(super) fn unlock(&self) {
            // SAFETY: the mutex is initialized. Nothing happens if it is not held.
            unsafe { libc::pthread_mutex_unlock(self.0.as_ptr()) };
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    #[derive(Debug)]
    pub(super) struct Shared;

    impl Shared {
        pub(super) fn new() -> Option<Shared> {
            None
        }

        pub(super) fn lock(&self) {}

        pub(super) fn unlock(&self) {}
    }
}
