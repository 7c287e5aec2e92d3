#include "message/json_tree.hpp"

#include <gtest/gtest.h>

#include <string>

namespace baton::message {
namespace {

const JsonNode* member(const JsonTree& tree, const JsonNode& object, std::string_view key) {
  for (const JsonNode* node = tree.first_child(object); node != nullptr;
       node = tree.next_sibling(*node)) {
    if (node->key == key) return node;
  }
  return nullptr;
}

TEST(JsonTree, HoldsEveryKindOfValue) {
  const JsonTree tree(
      R"( {"n":null,"t":true,"i":-7,"u":18446744073709551615,"d":2.5,"s":"a\u00e4\n","a":[1,[2],{}]} )");
  ASSERT_EQ(tree.error(), "");
  ASSERT_EQ(tree.fault(), "");
  const JsonNode& root = *tree.root();
  EXPECT_EQ(root.kind, JsonKind::object);
  EXPECT_EQ(member(tree, root, "n")->kind, JsonKind::null);
  EXPECT_TRUE(member(tree, root, "t")->boolean);
  EXPECT_EQ(member(tree, root, "i")->number, -7);
  EXPECT_EQ(member(tree, root, "u")->number, 18446744073709551615.0);
  EXPECT_EQ(member(tree, root, "d")->number, 2.5);
  EXPECT_EQ(member(tree, root, "s")->text, "a\xC3\xA4\n");
  const JsonNode* item = tree.first_child(*member(tree, root, "a"));
  EXPECT_EQ(item->number, 1);
  item = tree.next_sibling(*item);
  EXPECT_EQ(item->kind, JsonKind::array);
  EXPECT_EQ(tree.first_child(*item)->number, 2);
  item = tree.next_sibling(*item);
  EXPECT_EQ(item->kind, JsonKind::object);
  EXPECT_EQ(tree.next_sibling(*item), nullptr);
}

TEST(JsonTree, KeepsLongEscapedTextsWhole) {
  std::string escaped;
  std::string plain;
  for (int i = 0; i < 5'000; ++i) {
    escaped += "\\n\\u00e4x";
    plain += "\n\xC3\xA4x";
  }
  const JsonTree tree("{\"" + escaped + "\":\"" + escaped + "\"}");
  ASSERT_EQ(tree.error(), "");
  const JsonNode* node = tree.first_child(*tree.root());
  EXPECT_EQ(node->key, plain);
  EXPECT_EQ(node->text, plain);
}

TEST(JsonTree, TellsRepeatedKeysInAnyObject) {
  EXPECT_NE(JsonTree(R"({"a":1,"a":1})").fault().find("\"a\""), std::string::npos);
  EXPECT_NE(JsonTree(R"({"x":[{"b":1,"c":2,"b":3}]})").fault().find("\"b\""), std::string::npos);
  EXPECT_NE(JsonTree(R"({"a":1,"\u0061":1})").fault(), "");
  EXPECT_EQ(JsonTree(R"({"a":1,"A":1,"x":{"a":1}})").fault(), "");
  std::string many = "{";
  for (int i = 0; i < 1'000; ++i) many += "\"k" + std::to_string(i) + "\":1,";
  EXPECT_EQ(JsonTree(many + "\"last\":1}").fault(), "");
  EXPECT_NE(JsonTree(many + "\"k500\":1}").fault().find("k500"), std::string::npos);
}

TEST(JsonTree, TellsNumbersThatAreNotFinite) {
  EXPECT_NE(JsonTree(R"({"wait":1e999})").fault().find("wait"), std::string::npos);
  EXPECT_NE(JsonTree("-1e999").fault(), "");
  EXPECT_EQ(JsonTree("1e300").fault(), "");
}

TEST(JsonTree, RefusesWhatIsNoJson) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[1",
                                      "\"a",
                                      "{a:1}",
                                      "{'a':1}",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "nul",
                                      "NaN",
                                      "Infinity",
                                      "01",
                                      "+1",
                                      "1.",
                                      "\"\t\"",
                                      "\"\\x\"",
                                      "\"\\ud800\"",
                                      "// c\n1",
                                      "1 2",
                                      "{} {}",
                                      "\xEF\xBB\xBF{}",
                                      "\"\xFF\"",
                                      "\"\xC0\xAF\"",
                                      "\"\xED\xA0\x80\"",
                                      "\"\xC3\"",
                                      "\xC2\xA0{}"}) {
    const JsonTree tree(text);
    EXPECT_NE(tree.error(), "") << text;
    EXPECT_FALSE(tree.over_limit()) << text;
  }
}

TEST(JsonTree, HasLimits) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(JsonTree(nested(JsonTree::kMaxDepth)).error(), "");
  const JsonTree deep(nested(JsonTree::kMaxDepth + 1));
  EXPECT_TRUE(deep.over_limit());
  EXPECT_NE(deep.error().find("32"), std::string::npos);
  EXPECT_TRUE(JsonTree(nested(1'000'000)).over_limit());

  std::string wide = "[";
  for (std::size_t i = 0; i < JsonTree::kMaxNodes; ++i) wide += "1,";
  wide += "1]";
  EXPECT_TRUE(JsonTree(wide).over_limit());
}

}  // namespace
}  // namespace baton::message
