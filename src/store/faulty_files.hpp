#pragma once

#include <atomic>
#include <chrono>
#include <cstring>
#include <new>
#include <string_view>
#include <thread>

#include <sqlite3.h>

namespace baton::store {

/// For tests: while one of these lives, SQLite's files can be made to fail. It stands before the
/// system's file layer (SQLite's VFS) as the default one. One at a time.
class FaultyFiles {
 public:
  FaultyFiles() {
    real_ = sqlite3_vfs_find(nullptr);
    vfs_ = *real_;
    vfs_.zName = "baton-faulty";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.pAppData = this;
    vfs_.xOpen = &FaultyFiles::open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  FaultyFiles(const FaultyFiles&) = delete;
  FaultyFiles& operator=(const FaultyFiles&) = delete;
  ~FaultyFiles() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
  }

  std::atomic<bool> fail_sync = false;   ///< fsync reports an error, as of a dying disk.
  std::atomic<bool> fail_write = false;  ///< Writes report a full disk.
  std::atomic<bool> fail_read = false;   ///< Reads report an error, as of a dying disk.
  std::atomic<bool> read_only = false;   ///< Writes report a file system that became read-only.
  std::atomic<int> sync_takes_ms = 0;    ///< How long an fsync takes, as of a disk that is busy.
  std::atomic<int> syncs = 0;            ///< How often a write-ahead log was synced.

 private:
  /// SQLite gives the memory: our part, and the real file's behind it.
  struct File {
    sqlite3_file base;
    FaultyFiles* owner;
    bool wal;
    [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static File* ours(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) { return ours(file)->real(); }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    auto* self = static_cast<FaultyFiles*>(vfs->pAppData);
    File* mine = new (file) File{{nullptr}, self, (flags & SQLITE_OPEN_WAL) != 0};
    const int code = self->real_->xOpen(self->real_, name, mine->real(), flags, out);
    if (code == SQLITE_OK) mine->base.pMethods = &methods();
    return code;
  }

  static const sqlite3_io_methods& methods() {
    static const sqlite3_io_methods table = [] {
      sqlite3_io_methods m{};
      m.iVersion = 2;
      m.xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); };
      m.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
        if (ours(f)->owner->fail_read) return SQLITE_IOERR_READ;
        return real(f)->pMethods->xRead(real(f), to, size, at);
      };
      m.xWrite = [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
        if (ours(f)->owner->fail_write) return SQLITE_FULL;
        if (ours(f)->owner->read_only) return SQLITE_IOERR_WRITE;
        return real(f)->pMethods->xWrite(real(f), from, size, at);
      };
      m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
        return real(f)->pMethods->xTruncate(real(f), size);
      };
      m.xSync = [](sqlite3_file* f, int flags) {
        if (ours(f)->wal) ++ours(f)->owner->syncs;
        if (const int ms = ours(f)->owner->sync_takes_ms; ms > 0) {
          std::this_thread::sleep_for(std::chrono::milliseconds(ms));
        }
        if (ours(f)->owner->fail_sync) return SQLITE_IOERR_FSYNC;
        return real(f)->pMethods->xSync(real(f), flags);
      };
      m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
        return real(f)->pMethods->xFileSize(real(f), size);
      };
      m.xLock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); };
      m.xUnlock = [](sqlite3_file* f, int level) {
        return real(f)->pMethods->xUnlock(real(f), level);
      };
      m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
        return real(f)->pMethods->xCheckReservedLock(real(f), out);
      };
      m.xFileControl = [](sqlite3_file* f, int op, void* arg) {
        return real(f)->pMethods->xFileControl(real(f), op, arg);
      };
      m.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
      m.xDeviceCharacteristics = [](sqlite3_file* f) {
        return real(f)->pMethods->xDeviceCharacteristics(real(f));
      };
      m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
        return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
      };
      m.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
        return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
      };
      m.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
      m.xShmUnmap = [](sqlite3_file* f, int remove) {
        return real(f)->pMethods->xShmUnmap(real(f), remove);
      };
      return m;
    }();
    return table;
  }

  sqlite3_vfs* real_ = nullptr;
  sqlite3_vfs vfs_{};
};

}  // namespace baton::store
