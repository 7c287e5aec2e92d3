#include "store/sound_port.hpp"

#include <gtest/gtest.h>

#include "store/store.hpp"
#include "store/temp_folder.hpp"

namespace baton::store {
namespace {

TEST(SoundPort, IsKept) {
  const TempFolder folder;
  const std::string path = folder.file("baton.db");
  {
    Store store = Store::open(path, "baton");
    EXPECT_EQ(sound_port(store.database()), 0);
    ASSERT_TRUE(keep_sound_port(store.database(), 40'000));
    ASSERT_TRUE(keep_sound_port(store.database(), 40'002));
  }
  Store store = Store::open(path, "baton");
  EXPECT_EQ(sound_port(store.database()), 40'002);
}

}  // namespace
}  // namespace baton::store
